using System.Text.RegularExpressions;
using RecoveryVault.Errors;

namespace RecoveryVault.Retention;

/// <summary>
/// The rule for names of retention policies: 1 to 64 letters, digits, dots, underscores and hyphens, beginning with a letter or digit;
/// compared without regard to case.
/// </summary>
public static partial class PolicyName
{
    /// <exception cref="VaultException"><see cref="ErrorCodes.InvalidName"/>.</exception>
    public static string Require(string name) =>
        Grammar().IsMatch(name)
            ? name
            : throw new VaultException(
                ErrorCodes.InvalidName,
                $"'{name}' is no policy name: 1 to 64 letters, digits, dots, underscores and hyphens, beginning with a letter or digit."
            );

    [GeneratedRegex(@"\A[A-Za-z0-9][A-Za-z0-9._-]{0,63}\z")]
    private static partial Regex Grammar();
}
