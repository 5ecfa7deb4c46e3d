using System.Text.RegularExpressions;
using RecoveryVault.Errors;

namespace RecoveryVault.Items;

/// <summary>
/// The rule for item names: 1 to 128 letters, digits, dots, underscores and hyphens, not '.' and '..', for a stream is restored to a file
/// of its item's name; compared without regard to case.
/// </summary>
public static partial class ItemName
{
    /// <exception cref="VaultException"><see cref="ErrorCodes.InvalidName"/>.</exception>
    public static string Require(string name) =>
        Grammar().IsMatch(name)
            ? name
            : throw new VaultException(
                ErrorCodes.InvalidName,
                $"'{name}' is no item name: 1 to 128 letters, digits, dots, underscores and hyphens, not '.' or '..'."
            );

    [GeneratedRegex(@"\A(?!\.{1,2}\z)[A-Za-z0-9._-]{1,128}\z")]
    private static partial Regex Grammar();
}
