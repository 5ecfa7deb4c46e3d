using System.Text.RegularExpressions;
using RecoveryVault.Errors;

namespace RecoveryVault.Identities;

/// <summary>
/// Looks up the user-assigned identities that can be given to vaults: those of the keys store by name or id, and Azure's by resource id.
/// What is Azure's only Azure can look up; its object id stays open.
/// </summary>
/// <param name="local">Those of the keys store; null: there are none.</param>
/// <param name="isServed">Whether a development server has identities too, which this process can look up as little as Azure's.</param>
public sealed partial class IdentityDirectory(UserAssignedIdentities? local, bool isServed = false)
{
    /// <exception cref="VaultException">IdentityNotFound.</exception>
    public async Task<UserAssignedIdentity> GetAsync(string nameOrId, CancellationToken cancellation = default)
    {
        if (local is not null && await local.FindAsync(nameOrId, cancellation) is { } found)
            return found;
        return (isServed || !UserAssignedIdentities.IsLocalId(nameOrId)) && AzureId().Match(nameOrId) is { Success: true } match
            ? new(nameOrId, match.Groups["name"].Value, "", "", "")
            : throw new VaultException(ErrorCodes.IdentityNotFound, $"There is no user-assigned identity '{nameOrId}'.");
    }

    [GeneratedRegex(
        @"\A/subscriptions/[0-9a-f-]{36}/resourceGroups/[\w.()-]{1,90}/providers/Microsoft\.ManagedIdentity/userAssignedIdentities/(?<name>[\w-]{1,128})\z",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture
    )]
    private static partial Regex AzureId();
}
