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

    public T? Deserialize<T>(BinaryData input) =>
        RecordJson.Default.GetTypeInfo(typeof(T)) is { } type
            ? (T?)RecordJson.Read(input.ToMemory().Span, type)
            : throw new InvalidOperationException($"{typeof(T)} is no record.");
}
