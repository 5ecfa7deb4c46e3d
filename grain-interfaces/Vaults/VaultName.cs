using System.Text.RegularExpressions;
using RecoveryVault.Errors;

namespace RecoveryVault.Vaults;

/// <summary>The rule for vault names: 2 to 50 letters, digits and hyphens, first a letter; compared without regard to case.</summary>
public static partial class VaultName
{
    /// <exception cref="VaultException"><see cref="ErrorCodes.InvalidName"/>.</exception>
    public static string Require(string name) =>
        Grammar().IsMatch(name)
            ? name
            : throw new VaultException(
                ErrorCodes.InvalidName,
                $"'{name}' is no vault name: 2 to 50 letters, digits and hyphens, beginning with a letter."
            );

    [GeneratedRegex(@"\A[A-Za-z][A-Za-z0-9-]{1,49}\z")]
    private static partial Regex Grammar();
}
