using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using RecoveryVault.Errors;
using RecoveryVault.Records;
using RecoveryVault.Storage;

namespace RecoveryVault.Rebuild;

/// <summary>A grain's record as it lies in storage.</summary>
/// <param name="Value">Null when there is none, or none can be read.</param>
/// <param name="Fault">What is wrong with it; null: it is authentic and stays.</param>
/// <param name="Condition">What must hold when it is replaced.</param>
internal sealed record StoredRecord<T>(T? Value, string? Fault, PutCondition Condition)
    where T : class, IVersionedRecord
{
    public const string Missing = "missing";

    public const string Unreadable = "unreadable";

    public const string Contradicted = "contradicted by authenticated records";

    /// <param name="verify">Compares it with what is authentic.</param>
    /// <exception cref="VaultException">DataTooNew, WrongPlatformKey: nobody here can judge it.</exception>
    public static async Task<StoredRecord<T>> ReadAsync(
        IBlobStore store,
        string name,
        JsonTypeInfo<T> json,
        Func<T, Task> verify,
        CancellationToken cancellation
    )
    {
        try
        {
            if (await store.GetAsync(name, cancellation) is not { } blob)
                return new(null, Missing, PutCondition.IfAbsent);
            var condition = PutCondition.IfMatch(blob.ETag);
            if (blob.Content.IsEmpty)
                return new(null, Missing, condition);
            return Parse(name, blob.Content, json) is { } value
                ? new(value, await FindFaultAsync(() => verify(value)), condition)
                : new(null, Unreadable, condition);
        }
        catch (BlobStoreException e) when (e.Error == BlobError.Damaged)
        {
            return new(null, Unreadable, PutCondition.Always);
        }
    }

    public async Task WriteAsync(IBlobStore store, string name, T record, JsonTypeInfo<T> json, CancellationToken cancellation) =>
        await store.PutAsync(name, new ReadOnlySequence<byte>(JsonSerializer.SerializeToUtf8Bytes(record, json)), Condition, cancellation);

    private static T? Parse(string name, ReadOnlyMemory<byte> content, JsonTypeInfo<T> json)
    {
        try
        {
            return RecordJson.Read(content.Span, json);
        }
        catch (LaterRecordException later)
        {
            throw new VaultException(ErrorCodes.DataTooNew, $"The record '{name}' cannot be used: {later.Message}");
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static async Task<string?> FindFaultAsync(Func<Task> verify)
    {
        try
        {
            await verify();
            return null;
        }
        catch (VaultException e) when (e.Code is ErrorCodes.RecordTampered or ErrorCodes.DataMissing or ErrorCodes.DataBitRot)
        {
            return Contradicted;
        }
    }
}
