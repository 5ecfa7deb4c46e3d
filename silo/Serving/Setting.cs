using RecoveryVault.Errors;

namespace RecoveryVault.Serving;

/// <summary>One environment variable that a silo reads, as deploy/SETTINGS.md lists it.</summary>
/// <param name="Name">The variable.</param>
/// <param name="Default">What counts when it is unset or empty; empty: see the table.</param>
/// <param name="Unit">What its value is.</param>
/// <param name="Example">A value that is accepted.</param>
public sealed record Setting(string Name, string Default, string Unit, string Example)
{
    internal VaultException Refuse(string value, string why) =>
        new(ErrorCodes.InvalidRequest, $"{Name}='{value}' cannot be used: {why}.", $"It is {Unit}, such as {Example}.");
}
