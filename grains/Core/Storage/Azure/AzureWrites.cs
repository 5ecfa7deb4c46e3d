using System.Buffers;
using System.Security.Cryptography;
using Azure.Storage;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;

namespace RecoveryVault.Storage.Azure;

/// <summary>
/// Puts and deletions. Each put carries a random id as the blob's metadata, so that one whose answer was lost is found again; it is sent
/// anew only where its condition keeps it from happening twice, or over somebody else's.
/// </summary>
internal sealed class AzureWrites(AzureContainer container, AzureBlobStoreOptions options, TimeProvider time)
{
    /// <summary>The metadata that names the put a blob comes from.</summary>
    internal const string PutIdKey = "rvput";

    public async Task<string> PutAsync(string name, ReadOnlySequence<byte> content, PutCondition condition)
    {
        var operation = $"Put of '{name}'";
        var stored = AzureBlobName.Encode(name);
        if (!AzureETags.CanHold(condition))
            throw Conflict(operation);
        var putId = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        var isUnclear = false;
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await SendAsync(stored, content, condition, putId);
            }
            catch (Exception error) when (AzureFailure.IsOfRequest(error))
            {
                var verdict = AzureFailure.Judge(error);
                if (verdict is Verdict.Refused && !isUnclear)
                    throw AzureFailure.Translate(operation, error);
                if (verdict is not Verdict.NotSent)
                {
                    var found = await LookAsync(operation, stored);
                    if (found?.Metadata.TryGetValue(PutIdKey, out var foundId) == true && foundId == putId)
                        return AzureETags.Format(found.ETag);
                    if (verdict is Verdict.Conflict or Verdict.Missing && !isUnclear)
                        throw Conflict(operation);
                    isUnclear = true;
                    if (verdict is not Verdict.Unclear || !AzureETags.MayStillHold(condition, found?.ETag))
                        throw Unclear(operation, error);
                }
                if (attempt >= options.Tries)
                    throw isUnclear ? Unclear(operation, error) : AzureFailure.Translate(operation, error);
            }
            await Task.Delay(options.FirstDelay * (1 << (attempt - 1)), time, CancellationToken.None);
        }
    }

    public async Task<bool> DeleteAsync(string name, string? ifMatch)
    {
        var operation = $"Delete of '{name}'";
        var stored = AzureBlobName.Encode(name);
        if (ifMatch is not null && !AzureETags.IsETag(ifMatch))
            return await LookAsync(operation, stored) is null ? false : throw Conflict(operation);
        var isUnclear = false;
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await SendDeleteAsync(stored, ifMatch);
                return true;
            }
            catch (Exception error) when (AzureFailure.IsOfRequest(error))
            {
                var verdict = AzureFailure.Judge(error);
                if (verdict is Verdict.Missing && !isUnclear)
                    return false;
                if (verdict is Verdict.Conflict && !isUnclear)
                    return await LookAsync(operation, stored) is null ? false : throw Conflict(operation);
                if (verdict is Verdict.Refused && !isUnclear)
                    throw AzureFailure.Translate(operation, error);
                isUnclear |= verdict is not Verdict.NotSent;
                // Without a version, a second try could delete what somebody has put meanwhile.
                var mayRepeat = verdict is Verdict.NotSent || (verdict is Verdict.Unclear && ifMatch is not null);
                if (!mayRepeat || attempt >= options.Tries)
                    throw isUnclear ? Unclear(operation, error) : AzureFailure.Translate(operation, error);
            }
            await Task.Delay(options.FirstDelay * (1 << (attempt - 1)), time, CancellationToken.None);
        }
    }

    private async Task<string> SendAsync(string stored, ReadOnlySequence<byte> content, PutCondition condition, string putId)
    {
        using var patience = Patience(content.Length);
        using var stream = new SequenceStream(content);
        var answer = await container
            .Writes.GetBlockBlobClient(stored)
            .UploadAsync(
                stream,
                new BlobUploadOptions
                {
                    Conditions = AzureETags.ConditionsOf(condition),
                    Metadata = new Dictionary<string, string> { [PutIdKey] = putId },
                    // One request whatever the length: a blob is there whole or not at all, and blocks left behind cost.
                    TransferOptions = new StorageTransferOptions { InitialTransferSize = content.Length + 1 },
                    TransferValidation = new UploadTransferValidationOptions { ChecksumAlgorithm = StorageChecksumAlgorithm.MD5 },
                },
                patience.Token
            );
        return AzureETags.Format(answer.Value.ETag);
    }

    private async Task SendDeleteAsync(string stored, string? ifMatch)
    {
        using var patience = Patience(0);
        await container
            .Writes.GetBlockBlobClient(stored)
            .DeleteAsync(conditions: ifMatch is null ? null : AzureETags.Matching(ifMatch), cancellationToken: patience.Token);
    }

    /// <summary>What is there now; not to know is to know nothing of the write.</summary>
    private async Task<BlobProperties?> LookAsync(string operation, string stored)
    {
        try
        {
            return await container.Reads.GetBlockBlobClient(stored).GetPropertiesAsync(cancellationToken: CancellationToken.None);
        }
        catch (Exception error) when (AzureFailure.IsOfRequest(error))
        {
            return AzureFailure.Judge(error) is Verdict.Missing ? null : throw Unclear(operation, error);
        }
    }

    private CancellationTokenSource Patience(long length) =>
        new(options.Patience + TimeSpan.FromSeconds((double)length / options.SlowestUpload), time);

    private static BlobStoreException Conflict(string operation) =>
        new(BlobError.PreconditionFailed, $"{operation} was refused: its condition does not hold.");

    private static BlobStoreException Unclear(string operation, Exception error) =>
        new(BlobError.Unavailable, $"{operation} may have happened or not: {AzureFailure.Describe(error)}.");
}
