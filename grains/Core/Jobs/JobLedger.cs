using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using RecoveryVault.Errors;
using RecoveryVault.Records;
using RecoveryVault.Storage;
using RecoveryVault.Vaults;

namespace RecoveryVault.Jobs;

/// <summary>
/// The jobs of one vault as create-only blobs: <c>jobs/{vaultId}/{key}/start</c> when a job begins, <c>…/end</c> when it ends, once. The
/// key is the bitwise complement of the job id, whose first 48 bits are its time, so that a listing begins with the newest.
/// </summary>
public sealed class JobLedger(IBlobStore store, TimeProvider time)
{
    /// <summary>A new job id: UUID version 7 (RFC 9562) of now.</summary>
    public Guid NewJobId() => Guid.CreateVersion7(time.GetUtcNow());

    /// <summary>Starts a job; starting the same one again changes nothing.</summary>
    public async Task StartAsync(VaultId vaultId, JobStart start, CancellationToken cancellation = default)
    {
        var content = JsonSerializer.SerializeToUtf8Bytes(start, RecordJson.Default.JobStart);
        await PutOnceAsync($"{Folder(vaultId, start.JobId)}/start", content, cancellation);
    }

    /// <summary>Ends a job; the first end stands.</summary>
    public async Task EndAsync(VaultId vaultId, Guid jobId, JobEnd end, CancellationToken cancellation = default)
    {
        var content = JsonSerializer.SerializeToUtf8Bytes(end, RecordJson.Default.JobEnd);
        await PutOnceAsync($"{Folder(vaultId, jobId)}/end", content, cancellation);
    }

    /// <summary>One job; null when there is none.</summary>
    public async Task<JobRecord?> FindAsync(VaultId vaultId, Guid jobId, CancellationToken cancellation = default)
    {
        var folder = Folder(vaultId, jobId);
        if (await store.GetAsync($"{folder}/start", cancellation) is not { } start)
            return null;
        var end = await store.GetAsync($"{folder}/end", cancellation);
        return new JobRecord(
            Require(RecordJson.ReadKnown<JobStart>(start.Content.Span)),
            end is null ? null : RecordJson.ReadKnown<JobEnd>(end.Content.Span)
        );
    }

    /// <summary>Jobs newest first, those older than <paramref name="after"/> when given.</summary>
    public async IAsyncEnumerable<JobRecord> ListAsync(
        VaultId vaultId,
        Guid? after,
        [EnumeratorCancellation] CancellationToken cancellation = default
    )
    {
        // "start" is a folder's last blob, so that listing after it goes on with the next folder.
        var position = after is { } jobId ? $"{Folder(vaultId, jobId)}/start" : null;
        do
        {
            var page = await store.ListAsync($"jobs/{vaultId}/", position, 400, cancellation);
            foreach (var item in page.Items.Where(i => i.Name.EndsWith("/start", StringComparison.Ordinal)))
            {
                if (await FindAsync(vaultId, JobIdOf(item.Name), cancellation) is { } job)
                    yield return job;
            }
            position = page.Next;
        } while (position is not null);
    }

    private async Task PutOnceAsync(string name, byte[] content, CancellationToken cancellation)
    {
        try
        {
            await store.PutAsync(name, new ReadOnlySequence<byte>(content), PutCondition.IfAbsent, cancellation);
        }
        catch (BlobStoreException e) when (e.Error == BlobError.PreconditionFailed)
        {
            // Told already: by an earlier try whose answer was lost, or by whoever found the job's process dead.
        }
    }

    private static JobStart Require(JobStart? start) =>
        start ?? throw new VaultException(ErrorCodes.RecordTampered, "A job's record is empty.");

    private static string Folder(VaultId vaultId, Guid jobId) =>
        $"jobs/{vaultId}/{(~Bits(jobId)).ToString("x32", CultureInfo.InvariantCulture)}";

    private static Guid JobIdOf(string blobName)
    {
        var key = UInt128.Parse(blobName.Split('/')[2], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, ~key);
        return new Guid(bytes, bigEndian: true);
    }

    private static UInt128 Bits(Guid jobId)
    {
        Span<byte> bytes = stackalloc byte[16];
        jobId.TryWriteBytes(bytes, bigEndian: true, out _);
        return BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }
}
