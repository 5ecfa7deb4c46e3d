using RecoveryVault.Errors;
using RecoveryVault.Vaults;

namespace RecoveryVault.Activity;

public sealed partial class ActivityLog
{
    /// <summary>
    /// Checks at most <paramref name="count"/> entries from <paramref name="fromSeq"/> on: each authentic, in its place, and after the one
    /// before.
    /// </summary>
    /// <param name="knownEnd">A sequence number the log is known to have reached: if it ends before, its tail was removed.</param>
    /// <exception cref="VaultException">InvalidRequest.</exception>
    public async Task<ActivityCheck> VerifyAsync(
        VaultId vaultId,
        long fromSeq,
        int count,
        long knownEnd = 0,
        CancellationToken cancellation = default
    )
    {
        if (fromSeq < 1)
            throw new VaultException(ErrorCodes.InvalidRequest, $"The first entry is 1, got {fromSeq}.");
        var end = Math.Max(await FindEndAsync(vaultId, cancellation: cancellation), knownEnd);
        var (fault, previous) = fromSeq == 1 ? (null, Genesis) : await CheckAsync(vaultId, fromSeq - 1, null, cancellation);
        if (fault is not null)
            return new ActivityCheck(0, null, fault, fromSeq - 1);
        var seq = fromSeq;
        for (; seq <= end && seq < fromSeq + count; seq++)
        {
            (fault, previous) = await CheckAsync(vaultId, seq, previous, cancellation);
            if (fault is not null)
                return new ActivityCheck((int)(seq - fromSeq), null, fault, seq);
        }
        return new ActivityCheck((int)(seq - fromSeq), seq <= end ? seq : null, null, null);
    }

    /// <summary>An entry's hash, or what is wrong with it; with <paramref name="previous"/> also that it follows that one.</summary>
    private async Task<(string? Fault, string Hash)> CheckAsync(VaultId vaultId, long seq, string? previous, CancellationToken cancellation)
    {
        try
        {
            if (await ReadAsync(vaultId, seq, cancellation) is not { } entry)
                return ("The entry is missing.", "");
            return previous is null || entry.Record.PrevHash == previous
                ? (null, entry.Hash)
                : ("The entry does not follow the one before it.", "");
        }
        catch (VaultException e)
        {
            return (e.Message, "");
        }
    }
}
