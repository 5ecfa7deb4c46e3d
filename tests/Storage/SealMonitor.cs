using System.Buffers;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using RecoveryVault.Format;

namespace RecoveryVault.Tests.Storage;

/// <summary>
/// Watches every sealed object that any test of this process has the product create in a store in memory: keys and nonces follow from an
/// object's id and its frames' places, so two objects of one id and different bytes would have used a key and nonce twice.
/// </summary>
internal sealed class SealMonitor
{
    private readonly ConcurrentDictionary<ObjectId, byte[]> _seen = new();

    /// <summary>The one of this process.</summary>
    public static SealMonitor Shared { get; } = new();

    /// <summary>How many objects were seen.</summary>
    public int Count => _seen.Count;

    /// <summary>Looks at what is created; what is no whole sealed object (a torn write, other blobs) tells nothing.</summary>
    /// <exception cref="InvalidOperationException">Another object had this id.</exception>
    public void Observe(byte[] content)
    {
        if (!content.AsSpan().StartsWith("RVSEALED"u8) || !IsWhole(content))
            return;
        var id = ObjectHeader.Read(content).ObjectId;
        var digest = SHA256.HashData(content);
        if (!_seen.GetOrAdd(id, digest).AsSpan().SequenceEqual(digest))
            throw new InvalidOperationException($"Object id {id} was sealed twice: keys and nonces were used for two plaintexts.");
    }

    private static bool IsWhole(byte[] content)
    {
        try
        {
            ObjectTrailer.Verify(new ReadOnlySequence<byte>(content));
            return true;
        }
        catch (FormatFaultException)
        {
            return false;
        }
    }
}
