using System.Text.Json;
using Orleans.Storage;
using RecoveryVault.Errors;
using RecoveryVault.Records;

namespace RecoveryVault.Storage;

/// <summary>Writes grain records with the build-time JSON of <see cref="RecordJson"/> and refuses those of a newer schema.</summary>
public sealed class RecordSerializer : IGrainStorageSerializer
{
    /// <summary>The largest record; its parts are bounded so that it is never reached in normal life.</summary>
    public const int MaxRecordBytes = 256 * 1024;

    public BinaryData Serialize<T>(T? input)
    {
        var bytes = JsonSerializer.SerializeToUtf8Bytes(input, typeof(T), RecordJson.Default);
        return bytes.Length <= MaxRecordBytes
            ? BinaryData.FromBytes(bytes)
            : throw new VaultException(
                ErrorCodes.InvalidRequest,
                $"The record would have {bytes.Length} bytes; the limit is {MaxRecordBytes}."
            );
    }

    public T? Deserialize<T>(BinaryData input)
    {
        // First of all, because a newer record need not have the shape this version reads.
        if (SchemaOf(input.ToMemory().Span) is > RecordSchema.Current and var schema)
            throw new VaultException(ErrorCodes.StoreTooNew, $"A record has schema {schema}; this version knows {RecordSchema.Current}.");
        return (T?)JsonSerializer.Deserialize(input.ToMemory().Span, typeof(T), RecordJson.Default);
    }

    private static int SchemaOf(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            return 0;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isSchema = reader.ValueTextEquals("schema"u8);
            reader.Read();
            if (isSchema)
                return reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out var schema) ? schema : 0;
            reader.Skip();
        }
        return 0;
    }
}
