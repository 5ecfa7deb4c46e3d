using System.Text.Json;
using Orleans.Runtime.Messaging;
using RecoveryVault.Format;
using RecoveryVault.Keys;
using RecoveryVault.Records;
using RecoveryVault.Storage;

namespace RecoveryVault.Errors;

/// <summary>
/// Leads from any failure of our own layers, however wrapped on its way, to the coded refusal that jobs keep and callers get.
/// </summary>
public static class Refusals
{
    /// <summary>The refusal an exception stands for; null for faults of the program.</summary>
    public static VaultException? Find(Exception? exception)
    {
        for (; exception is not null; exception = exception.InnerException)
        {
            if (Translate(exception) is { } refusal)
                return refusal;
        }
        return null;
    }

    private static VaultException? Translate(Exception exception) =>
        exception switch
        {
            VaultException refusal => refusal,
            KeyVaultException fault => KeyVaultRefusals.ToVaultException(
                fault,
                fault.Verdict == KeyVaultVerdict.Unreachable ? "The key vault gave no answer that counts" : "The key vault refused"
            ),
            BlobStoreException failure => StoreRefusals.ToVaultException(failure),
            FormatFaultException fault => FormatRefusals.ToVaultException(fault, "Stored data cannot be used"),
            LaterRecordException later => new VaultException(ErrorCodes.DataTooNew, $"A stored record cannot be used: {later.Message}"),
            OrleansMessageRejectionException or ConnectionFailedException or TimeoutException => Lost(exception),
            _ when PlacementTimeout.Is(exception) => Lost(exception),
            JsonException fault => new VaultException(ErrorCodes.DataBitRot, $"A stored record cannot be read: {fault.Message}"),
            _ => null,
        };

    /// <summary>
    /// Another silo died, or is about to be taken for dead: what was asked of its grains, those that take them over will do.
    /// </summary>
    internal static VaultException Lost(Exception exception) =>
        new(
            ErrorCodes.ClusterUnavailable,
            $"Another silo did not answer: {exception.Message.Split('\n', 2)[0].TrimEnd()}",
            "The cluster takes over what a dead silo did within half a minute: ask again.",
            exception
        );
}
