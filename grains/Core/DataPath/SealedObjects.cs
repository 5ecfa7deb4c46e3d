using System.Buffers;
using System.Security.Cryptography;
using RecoveryVault.Errors;
using RecoveryVault.Format;
using RecoveryVault.Keys;
using RecoveryVault.Records;
using RecoveryVault.Storage;

namespace RecoveryVault.DataPath;

/// <summary>
/// Sealed objects in the store: their names end in their object id, they are created once and read back before anybody relies on them.
/// </summary>
public static class SealedObjects
{
    /// <summary>The object id at the end of a blob's name.</summary>
    public static ObjectId IdOf(string name) => new(Bytes32.Parse(name[^(2 * Bytes32.SizeBytes)..]));

    /// <summary>Seals a body into a new object, stores it as <c>{prefix}/{object id}</c>, reads it back and returns its name.</summary>
    public static Task<string> WriteAsync(
        IBlobStore store,
        string folder,
        ObjectType type,
        DataKey dek,
        ReadOnlyMemory<byte> body,
        CancellationToken cancellation = default
    ) => WriteAsync(store, type, dek, body, objectId => $"{folder}/{objectId}", cancellation);

    public static async Task<string> WriteAsync(
        IBlobStore store,
        ObjectType type,
        DataKey dek,
        ReadOnlyMemory<byte> body,
        Func<ObjectId, string> name,
        CancellationToken cancellation = default
    )
    {
        using var writer = new SealedObjectWriter(type, dek);
        SealedBody.Add(writer, body.Span);
        var blob = name(writer.Header.ObjectId);
        var content = writer.Finish();
        await PutAsync(store, blob, content, cancellation);
        await RequireSameAsync(store, blob, content, cancellation);
        return blob;
    }

    /// <summary>
    /// Creates a blob; when it is there already, that is success only if it holds these very bytes (an earlier try whose answer was lost).
    /// </summary>
    public static async Task PutAsync(IBlobStore store, string name, ReadOnlySequence<byte> content, CancellationToken cancellation)
    {
        try
        {
            await store.PutAsync(name, content, PutCondition.IfAbsent, cancellation);
        }
        catch (BlobStoreException e) when (e.Error == BlobError.PreconditionFailed)
        {
            await RequireSameAsync(store, name, content, cancellation);
        }
    }

    /// <summary>Reads a body back; null when there is no such object.</summary>
    /// <exception cref="VaultException">DataBitRot, DataTampered, WrongKey, DataTooNew.</exception>
    public static async Task<byte[]?> FindAsync(
        IBlobStore store,
        string name,
        ObjectType type,
        ItemSecrets secrets,
        int maxLength,
        CancellationToken cancellation = default
    )
    {
        if (await store.GetAsync(name, cancellation) is not { } blob)
            return null;
        try
        {
            ObjectTrailer.Verify(new ReadOnlySequence<byte>(blob.Content));
            var header = ObjectHeader.Read(blob.Content.Span);
            return SealedBody.Open(blob.Content, type, IdOf(name), secrets.Find(header.DekEpoch), null, maxLength);
        }
        catch (FormatFaultException fault)
        {
            throw FormatRefusals.ToVaultException(fault, $"'{name}'");
        }
    }

    /// <summary>Reads what a pack holds from its own footer.</summary>
    /// <exception cref="VaultException">DataMissing, DataBitRot, DataTampered, WrongKey, DataTooNew.</exception>
    public static async Task<(IndexedPack Pack, FrameEntry[] Frames)> ReadFooterAsync(
        IBlobStore store,
        string name,
        long length,
        ItemSecrets secrets,
        CancellationToken cancellation = default
    )
    {
        try
        {
            var bytes = await ReadExactlyAsync(store, name, 0, ObjectHeader.SizeBytes, cancellation);
            var header = ObjectHeader.Read(bytes);
            using var reader = new SealedObjectReader(bytes, secrets.Find(header.DekEpoch));
            if (header.Type != ObjectType.Pack || header.ObjectId != IdOf(name))
                throw new FormatFaultException(FormatFault.Tampered, $"It is {header.Type} {header.ObjectId}.");
            var tail = reader.OpenTail(
                await ReadExactlyAsync(store, name, length - reader.TailLength, reader.TailLength, cancellation),
                length
            );
            var frames = reader.OpenFooter(tail, await ReadExactlyAsync(store, name, tail.Offset, tail.SealedLength, cancellation));
            return (new IndexedPack(header.ObjectId, header.DekEpoch, header.Suite, header.PlatformKeyId), frames);
        }
        catch (FormatFaultException fault)
        {
            throw FormatRefusals.ToVaultException(fault, $"'{name}'");
        }
    }

    private static async Task<byte[]> ReadExactlyAsync(
        IBlobStore store,
        string name,
        long offset,
        int count,
        CancellationToken cancellation
    )
    {
        if (offset < 0)
            throw new FormatFaultException(FormatFault.BitRot, "It is too short.");
        var buffer = new byte[count];
        var read =
            await store.ReadAsync(name, offset, buffer, cancellation)
            ?? throw new VaultException(ErrorCodes.DataMissing, $"'{name}' is missing.");
        return read == count ? buffer : throw new FormatFaultException(FormatFault.BitRot, "It is cut short.");
    }

    private static async Task RequireSameAsync(
        IBlobStore store,
        string name,
        ReadOnlySequence<byte> content,
        CancellationToken cancellation
    )
    {
        var stored =
            await store.GetAsync(name, cancellation)
            ?? throw new VaultException(ErrorCodes.DataMissing, $"'{name}' was stored and is not there.");
        if (
            stored.Content.Length != content.Length
            || !Hash(new ReadOnlySequence<byte>(stored.Content)).AsSpan().SequenceEqual(Hash(content))
        )
            throw new VaultException(ErrorCodes.DataBitRot, $"'{name}' does not read back as it was stored.");
    }

    private static byte[] Hash(ReadOnlySequence<byte> content)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var segment in content)
            hash.AppendData(segment.Span);
        return hash.GetHashAndReset();
    }
}
