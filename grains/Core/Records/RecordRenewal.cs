using System.Buffers;
using System.Runtime.CompilerServices;
using RecoveryVault.Format;
using RecoveryVault.Keys;
using RecoveryVault.Storage;

namespace RecoveryVault.Records;

/// <summary>
/// Puts what older platform keys authenticated under the one in force. A record that another names by its hash must be written anew by its
/// grain; every other one keeps name and payload and only gets another MAC, by one conditional write that a crash leaves done or undone.
/// </summary>
public sealed class RecordRenewal(IBlobStore store, PlatformKeyring keyring)
{
    /// <summary>The key in force.</summary>
    public uint KeyId => keyring.CurrentId;

    /// <summary>True when a record is there and an older key authenticates it.</summary>
    public async Task<bool> IsDueAsync(RecordRef? named, CancellationToken cancellation = default) =>
        named is { IsWhole: true } && await IsDueAsync(named.Name, cancellation);

    /// <summary>Renews records of a folder that nothing names by hash; what is damaged or not authentic stays as it is.</summary>
    /// <param name="prefix">The folder, with a slash.</param>
    /// <param name="mayRenew">Whether nothing names it by hash.</param>
    /// <param name="cancellation">Ends it between two records.</param>
    /// <returns>For each record looked at, how many were renewed: 1 or 0.</returns>
    public async IAsyncEnumerable<int> RenewAsync(
        string prefix,
        Func<string, bool>? mayRenew = null,
        [EnumeratorCancellation] CancellationToken cancellation = default
    )
    {
        await foreach (var blob in store.ListAllAsync(prefix, cancellation))
        {
            var isDue = (mayRenew?.Invoke(blob.Name) ?? true) && await IsDueAsync(blob.Name, cancellation);
            yield return isDue && await TryRenewAsync(blob.Name, cancellation) ? 1 : 0;
        }
    }

    private async Task<bool> IsDueAsync(string name, CancellationToken cancellation)
    {
        var header = new byte[RecordEnvelope.HeaderLength];
        try
        {
            return await store.ReadAsync(name, 0, header, cancellation) == header.Length
                && RecordEnvelope.TryKeyIdOf(header, out var id)
                && id < keyring.CurrentId;
        }
        catch (BlobStoreException e) when (e.Error == BlobError.Damaged)
        {
            return false;
        }
    }

    private async Task<bool> TryRenewAsync(string name, CancellationToken cancellation)
    {
        try
        {
            if (await store.GetAsync(name, cancellation) is not { } blob)
                return false;
            var content = RecordEnvelope.Reseal(blob.Content.Span, keyring.Find, keyring.Current);
            await store.PutAsync(name, new ReadOnlySequence<byte>(content), PutCondition.IfMatch(blob.ETag), cancellation);
            return true;
        }
        catch (FormatFaultException)
        {
            return false;
        }
        catch (BlobStoreException e) when (e.Error is BlobError.Damaged or BlobError.PreconditionFailed)
        {
            // Damaged, or deleted or renewed by somebody else meanwhile: the next round looks again.
            return false;
        }
    }
}
