using System.Buffers;
using System.Collections.Immutable;
using System.Runtime.ExceptionServices;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using RecoveryVault.Errors;

namespace RecoveryVault.Storage;

/// <summary>
/// A JSON document that several processes change, each change one conditional put of the whole. It carries the marks of its latest changes,
/// so that whoever lost the answer to a put, or whose store tried one twice, reads whether the change was made.
/// </summary>
internal sealed class MarkedBlob<T>(
    IBlobStore store,
    string name,
    string owner,
    JsonTypeInfo<MarkedDocument<T>> json,
    JsonTypeInfo<MarkedFormat> format
)
    where T : class
{
    /// <summary>How many marks are kept: more changes than that between a put and the look for its mark leave it unclear.</summary>
    public const int KeptMarks = 32;

    /// <summary>One version of the document; without etag and content there is none.</summary>
    internal sealed record Version(T? Content, string? ETag, long Changes, ImmutableArray<string> Marks)
    {
        public static readonly Version None = new(null, null, 0, []);
    }

    /// <exception cref="BlobStoreException"><see cref="BlobError.Damaged"/>: it is no such document.</exception>
    /// <exception cref="VaultException">StoreTooNew.</exception>
    public async Task<Version> ReadAsync(CancellationToken cancellation)
    {
        if (await store.GetAsync(name, cancellation) is not { } blob)
            return Version.None;
        var document = Parse(blob.Content.Span);
        return new Version(document.Content, blob.ETag, document.Changes, document.Marks.IsDefault ? [] : document.Marks);
    }

    /// <summary>Replaces the version that was read; false: somebody else did so before, and nothing was changed.</summary>
    /// <exception cref="BlobStoreException"><see cref="BlobError.Unavailable"/>: it may still be made, or may have been.</exception>
    public async Task<bool> TryReplaceAsync(Version read, T content, CancellationToken cancellation)
    {
        var mark = RandomNumberGenerator.GetHexString(16, lowercase: true);
        var document = new MarkedDocument<T>
        {
            Schema = MarkedDocument<T>.CurrentSchema,
            Owner = owner,
            Changes = read.Changes + 1,
            Marks = [.. read.Marks.TakeLast(KeptMarks - 1), mark],
            Content = content,
        };
        var bytes = new ReadOnlySequence<byte>(JsonSerializer.SerializeToUtf8Bytes(document, json));
        try
        {
            await store.PutAsync(name, bytes, read.ETag is { } etag ? PutCondition.IfMatch(etag) : PutCondition.IfAbsent, cancellation);
            return true;
        }
        catch (BlobStoreException e) when (e.Error is BlobError.PreconditionFailed or BlobError.Unavailable)
        {
            return await WasMadeAsync(mark, read, e, cancellation);
        }
    }

    private async Task<bool> WasMadeAsync(string mark, Version before, BlobStoreException failure, CancellationToken cancellation)
    {
        var now = await LookAsync(failure, cancellation);
        if (now.Marks.Contains(mark))
            return true;
        if (failure.Error == BlobError.PreconditionFailed)
            return false;
        // It can never be made once another version is there; and it was not, if its mark would still be among those.
        var since = now.Changes - before.Changes;
        if (now.ETag != before.ETag && since is > 0 and <= KeptMarks)
            return false;
        ExceptionDispatchInfo.Throw(failure);
        throw failure;
    }

    private async Task<Version> LookAsync(BlobStoreException failure, CancellationToken cancellation)
    {
        try
        {
            return await ReadAsync(cancellation);
        }
        catch (BlobStoreException)
        {
            ExceptionDispatchInfo.Throw(failure);
            throw;
        }
    }

    private MarkedDocument<T> Parse(ReadOnlySpan<byte> content)
    {
        try
        {
            if (JsonSerializer.Deserialize(content, format)?.Schema is > MarkedDocument<T>.CurrentSchema and var schema)
            {
                throw new VaultException(
                    ErrorCodes.StoreTooNew,
                    $"The blob '{name}' has schema {schema}; this version knows {MarkedDocument<T>.CurrentSchema}."
                );
            }
            if (JsonSerializer.Deserialize(content, json) is not { Content: not null } document)
                throw Damaged("it is empty");
            return document.Owner == owner ? document : throw Damaged($"it belongs to '{document.Owner}', not to '{owner}'");
        }
        catch (JsonException e)
        {
            throw Damaged(e.Message, e);
        }
    }

    private BlobStoreException Damaged(string how, Exception? inner = null) =>
        new(BlobError.Damaged, $"The blob '{name}' cannot be used: {how}", inner);
}
