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
    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdef");

    /// <summary>The object id at the end of a blob's name; false when that is no object's name.</summary>
    public static bool TryReadId(string name, out ObjectId objectId)
    {
        var hex = name.AsSpan(name.LastIndexOfAny(['/', '-']) + 1);
        var isId = hex.Length == 2 * Bytes32.SizeBytes && !hex.ContainsAnyExcept(HexDigits);
        objectId = isId ? new ObjectId(Bytes32.Parse(hex.ToString())) : default;
        return isId;
    }

    /// <summary>Seals a body into a new object, stores it, reads it back and returns its name.</summary>
    public static async Task<string> WriteAsync(
        IBlobStore store,
        ObjectType type,
        ItemSecrets secrets,
        ReadOnlyMemory<byte> body,
        Func<ObjectId, string> name,
        CancellationToken cancellation = default
    )
    {
        using var writer = secrets.NewObject(type);
        SealedBody.Add(writer, body.Span);
        var blob = name(writer.Header.ObjectId);
        var content = writer.Finish();
        await StoreAsync(store, blob, content, cancellation);
        return blob;
    }

    /// <summary>Creates a blob and reads it back.</summary>
    public static async Task StoreAsync(IBlobStore store, string name, ReadOnlySequence<byte> content, CancellationToken cancellation)
    {
        await PutAsync(store, name, content, cancellation);
        var stored =
            await store.GetAsync(name, cancellation)
            ?? throw new VaultException(ErrorCodes.DataMissing, $"'{name}' was stored and is not there.");
        RequireSame(stored, name, content);
    }

    /// <summary>
    /// Creates a blob. When it is there already, or the store's answer was lost, that is success only if it holds these very bytes.
    /// </summary>
    public static async Task PutAsync(IBlobStore store, string name, ReadOnlySequence<byte> content, CancellationToken cancellation)
    {
        try
        {
            await store.PutAsync(name, content, PutCondition.IfAbsent, cancellation);
        }
        catch (BlobStoreException e) when (e.Error is BlobError.PreconditionFailed or BlobError.Unavailable)
        {
            if (await store.GetAsync(name, cancellation) is not { } stored)
                throw;
            RequireSame(stored, name, content);
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
        try
        {
            if (await store.GetAsync(name, cancellation) is not { } blob)
                return null;
            ObjectTrailer.Verify(new ReadOnlySequence<byte>(blob.Content));
            var header = ObjectHeader.Read(blob.Content.Span);
            return SealedBody.Open(
                blob.Content,
                type,
                RequireId(name),
                secrets.Find(header.DekEpoch),
                secrets.FindOuter(header),
                maxLength
            );
        }
        catch (Exception e) when (Damage(e, name) is { } damage)
        {
            throw damage;
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
            using var reader = secrets.Open(bytes);
            if (header.Type != ObjectType.Pack || header.ObjectId != RequireId(name))
                throw new FormatFaultException(FormatFault.Tampered, $"It is {header.Type} {header.ObjectId}.");
            var tail = reader.OpenTail(
                await ReadExactlyAsync(store, name, length - reader.TailLength, reader.TailLength, cancellation),
                length
            );
            var frames = reader.OpenFooter(tail, await ReadExactlyAsync(store, name, tail.Offset, tail.SealedLength, cancellation));
            return (new IndexedPack(header.ObjectId, header.DekEpoch, header.Suite, header.PlatformKeyId), frames);
        }
        catch (Exception e) when (Damage(e, name) is { } damage)
        {
            throw damage;
        }
    }

    private static ObjectId RequireId(string name) =>
        TryReadId(name, out var objectId)
            ? objectId
            : throw new FormatFaultException(FormatFault.Malformed, "Its name is no sealed object's.");

    /// <summary>What is wrong with the object itself; null when it is something else that failed.</summary>
    private static VaultException? Damage(Exception e, string name) =>
        e switch
        {
            FormatFaultException fault => FormatRefusals.ToVaultException(fault, $"'{name}'"),
            BlobStoreException { Error: BlobError.Damaged } => new VaultException(ErrorCodes.DataBitRot, $"'{name}': {e.Message}"),
            _ => null,
        };

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

    private static void RequireSame(Blob stored, string name, ReadOnlySequence<byte> content)
    {
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
