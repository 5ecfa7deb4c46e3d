using RecoveryVault.DataPath.Wire;
using RecoveryVault.Errors;
using RecoveryVault.Format;

namespace RecoveryVault.Tests.Fuzzing;

/// <summary>
/// A parser of bytes that anybody may have written, with valid inputs to begin from. Whatever it is given it reads, or refuses in one of
/// the ways its callers expect; anything else that comes out of it is a defect.
/// </summary>
/// <param name="Name">Names it on the command line of the harness.</param>
/// <param name="Seeds">Valid inputs.</param>
/// <param name="Parse">Reads one input.</param>
internal sealed record FuzzTarget(string Name, IReadOnlyList<byte[]> Seeds, Action<byte[]> Parse)
{
    /// <summary>True when the input was read, false when it was refused.</summary>
    public bool Run(byte[] input)
    {
        try
        {
            Parse(input);
            return true;
        }
        catch (Exception e) when (IsRefusal(e))
        {
            return false;
        }
    }

    /// <summary>Coded refusals, faults of the format and of the wire, and what JSON and identifiers are refused with.</summary>
    private static bool IsRefusal(Exception e) =>
        e switch
        {
            VaultException refusal => ErrorTable.Find(refusal.Code) is not null,
            FormatFaultException or WireFaultException or System.Text.Json.JsonException or FormatException => true,
            RecoveryVault.Storage.BlobStoreException => true,
            _ => false,
        };
}
