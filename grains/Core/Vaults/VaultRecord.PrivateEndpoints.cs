using System.Text.RegularExpressions;
using RecoveryVault.Errors;

namespace RecoveryVault.Vaults;

// R25: private endpoints and a user-assigned identity that opens the key exclude each other, whichever comes first.
public sealed partial record VaultRecord
{
    /// <summary>Bounds the record.</summary>
    public const int MaxPrivateEndpoints = 20;

    /// <summary>What can be refused of a request before anything is done for it.</summary>
    public static void Require(ChangePrivateEndpoint request)
    {
        if (!PrivateEndpointName().IsMatch(request.Name))
            throw new VaultException(
                ErrorCodes.InvalidName,
                $"'{request.Name}' is no name of a private endpoint: 1 to 80 letters, digits, points, hyphens and underscores, first a letter or digit."
            );
    }

    public VaultRecord AddPrivateEndpoint(string name)
    {
        if (Settings.PrivateEndpoints.Contains(name, StringComparer.OrdinalIgnoreCase))
            return this;
        if (Settings.Encryption.UserIdentityId is { } id)
            throw NoPrivateEndpoints($"The user-assigned identity {id} opens the key of vault '{Settings.Name}'");
        return Settings.PrivateEndpoints.Length < MaxPrivateEndpoints
            ? WithPrivateEndpoints([.. Settings.PrivateEndpoints, name])
            : throw Invalid($"A vault has at most {MaxPrivateEndpoints} private endpoints.");
    }

    /// <summary>One that is not there is no error.</summary>
    public VaultRecord RemovePrivateEndpoint(string name) =>
        Settings.PrivateEndpoints.Contains(name, StringComparer.OrdinalIgnoreCase)
            ? WithPrivateEndpoints(Settings.PrivateEndpoints.Where(n => !n.Equals(name, StringComparison.OrdinalIgnoreCase)))
            : this;

    private VaultRecord WithPrivateEndpoints(IEnumerable<string> names) =>
        this with
        {
            Settings = Settings with { PrivateEndpoints = [.. names.Order(StringComparer.OrdinalIgnoreCase)] },
        };

    private void RequireNoPrivateEndpoints()
    {
        if (!Settings.PrivateEndpoints.IsEmpty)
            throw NoPrivateEndpoints($"Vault '{Settings.Name}' has the private endpoint(s) {string.Join(", ", Settings.PrivateEndpoints)}");
    }

    private static VaultException NoPrivateEndpoints(string why) =>
        new(ErrorCodes.UserErrorCMKUserIdentityPrivateEndpointUnsupported, $"{why}: the two do not go together.");

    [GeneratedRegex(@"\A[A-Za-z0-9][A-Za-z0-9._-]{0,79}\z", RegexOptions.CultureInvariant)]
    private static partial Regex PrivateEndpointName();
}
