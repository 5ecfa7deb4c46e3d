using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Azure;
using Azure.Storage;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using RecoveryVault.Errors;

namespace RecoveryVault.Storage.Azure;

/// <summary>The blob store in one container of Azure Blob Storage, for any number of processes and machines.</summary>
/// <remarks>
/// <para>A blob is a block blob at the name of <see cref="AzureBlobName"/>, its content as it is and put by one request with its MD5. The
/// metadata <c>rvput</c> is the random id of the put it comes from.</para>
/// <para>A read that fails is sent again. A write whose answer was lost is looked for by its id; it is sent again only under a condition
/// that still holds, and is <see cref="BlobError.Unavailable"/> where what became of it cannot be told. A missing container, a refusal and
/// an answer that is not the service's are never an empty result.</para>
/// <para>A put or delete that was cancelled did not happen: once sent, it is waited for.</para>
/// </remarks>
public sealed class AzureBlobStore : IBlobStore
{
    /// <summary>The service computes checksums of ranges up to this length only.</summary>
    private const int MaxCheckedRange = 4 << 20;

    /// <summary>No blob is as long as that.</summary>
    private const long MaxOffset = 1L << 50;

    /// <summary>Who starts is told soon that nobody answers; who runs can wait longer.</summary>
    private static readonly TimeSpan OpeningPatience = TimeSpan.FromSeconds(10);

    private readonly BlobContainerClient _reads;
    private readonly AzureWrites _writes;

    /// <param name="connect">Opens the container with the options it is given.</param>
    /// <param name="time">The clock of waits and timeouts.</param>
    public AzureBlobStore(
        Func<BlobClientOptions, BlobContainerClient> connect,
        TimeProvider? time = null,
        AzureBlobStoreOptions? options = null
    )
    {
        options ??= new AzureBlobStoreOptions();
        var container = new AzureContainer(connect, options);
        _reads = container.Reads;
        _writes = new AzureWrites(container, options, time ?? TimeProvider.System);
    }

    /// <summary>Opens the store in a container that is there and answers; makes the container when asked to.</summary>
    /// <exception cref="VaultException">StoreNotFound, StoreAccessDenied, StoreUnavailable, NotAStore: in one line, why not.</exception>
    public static async Task<AzureBlobStore> OpenAsync(
        Func<BlobClientOptions, BlobContainerClient> connect,
        bool create,
        TimeProvider? time = null,
        AzureBlobStoreOptions? options = null,
        CancellationToken cancellation = default
    )
    {
        options ??= new AzureBlobStoreOptions();
        var patience = options.Patience < OpeningPatience ? options.Patience : OpeningPatience;
        var first = new AzureContainer(connect, options with { Tries = 2, Patience = patience });
        await AzureOpening.RequireAsync(first.Reads, create, cancellation);
        return new AzureBlobStore(connect, time, options);
    }

    /// <inheritdoc/>
    public Task<string> PutAsync(
        string name,
        ReadOnlySequence<byte> content,
        PutCondition condition,
        CancellationToken cancellation = default
    )
    {
        cancellation.ThrowIfCancellationRequested();
        return _writes.PutAsync(name, content, condition);
    }

    /// <inheritdoc/>
    public Task<bool> DeleteAsync(string name, string? ifMatch = null, CancellationToken cancellation = default)
    {
        cancellation.ThrowIfCancellationRequested();
        return _writes.DeleteAsync(name, ifMatch);
    }

    /// <inheritdoc/>
    public Task<Blob?> GetAsync(string name, CancellationToken cancellation = default)
    {
        var blob = _reads.GetBlockBlobClient(AzureBlobName.Encode(name));
        return FindAsync(
            $"Get of '{name}'",
            async () =>
            {
                using var answer = (await blob.DownloadStreamingAsync(new BlobDownloadOptions(), cancellation)).Value;
                return await ReadWholeAsync(answer, cancellation);
            },
            cancellation
        );
    }

    /// <inheritdoc/>
    public Task<int?> ReadAsync(string name, long offset, Memory<byte> destination, CancellationToken cancellation = default)
    {
        var blob = _reads.GetBlockBlobClient(AzureBlobName.Encode(name));
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        return FindAsync(
            $"Read of '{name}'",
            async () =>
            {
                if (!destination.IsEmpty && offset < MaxOffset)
                    return await ReadRangeAsync(blob, offset, destination, cancellation);
                await blob.GetPropertiesAsync(cancellationToken: cancellation);
                return (int?)0;
            },
            cancellation
        );
    }

    /// <inheritdoc/>
    public Task<BlobPage> ListAsync(string prefix, string? after = null, int maxCount = 5000, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxCount);
        return RunAsync(
            $"List of '{prefix}'",
            () => new AzureListing(_reads, prefix, after, maxCount).ReadAsync(cancellation),
            cancellation
        );
    }

    private static async Task<Blob?> ReadWholeAsync(BlobDownloadStreamingResult answer, CancellationToken cancellation)
    {
        var length = answer.Details.ContentLength;
        if (length > BlobFile.MaxWholeBytes)
            throw Damaged($"it has {length} bytes, want at most {BlobFile.MaxWholeBytes} to read it whole");
        var content = GC.AllocateUninitializedArray<byte>((int)length);
        await answer.Content.ReadExactlyAsync(content, cancellation);
        if (answer.Details.ContentHash is { Length: > 0 } md5 && !IsMd5Of(md5, content))
            throw Damaged("its content is not that of its MD5");
        return new Blob(content, AzureETags.Format(answer.Details.ETag));
    }

    [SuppressMessage("Security", "CA5351", Justification = "The service's checksum against accidents; what is secret is sealed.")]
    private static bool IsMd5Of(ReadOnlySpan<byte> md5, ReadOnlySpan<byte> content) => md5.SequenceEqual(MD5.HashData(content));

    private static async Task<int?> ReadRangeAsync(
        BlockBlobClient blob,
        long offset,
        Memory<byte> destination,
        CancellationToken cancellation
    )
    {
        var options = new BlobDownloadOptions
        {
            Range = new HttpRange(offset, destination.Length),
            TransferValidation =
                destination.Length > MaxCheckedRange
                    ? null
                    : new DownloadTransferValidationOptions { ChecksumAlgorithm = StorageChecksumAlgorithm.MD5 },
        };
        try
        {
            using var answer = (await blob.DownloadStreamingAsync(options, cancellation)).Value;
            var count = (int)Math.Min(answer.Details.ContentLength, destination.Length);
            await answer.Content.ReadExactlyAsync(destination[..count], cancellation);
            return count;
        }
        catch (RequestFailedException error) when (error.ErrorCode == "InvalidRange")
        {
            return 0;
        }
    }

    /// <summary>Reads a blob; null when the service itself says that there is none.</summary>
    private static Task<T?> FindAsync<T>(string operation, Func<Task<T?>> read, CancellationToken cancellation) =>
        RunAsync(
            operation,
            async () =>
            {
                try
                {
                    return await read();
                }
                catch (RequestFailedException error) when (AzureFailure.Judge(error) is Verdict.Missing)
                {
                    return default;
                }
            },
            cancellation
        );

    private static async Task<T> RunAsync<T>(string operation, Func<Task<T>> read, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        try
        {
            return await read();
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception error) when (AzureFailure.IsOfRequest(error))
        {
            throw AzureFailure.Translate(operation, error);
        }
    }

    private static BlobStoreException Damaged(string reason) => new(BlobError.Damaged, $"The blob is damaged: {reason}.");
}
