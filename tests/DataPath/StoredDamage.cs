using System.Buffers;
using RecoveryVault.Storage;
using RecoveryVault.Tests.Storage;

namespace RecoveryVault.Tests.DataPath;

/// <summary>What media and attackers do to stored blobs.</summary>
internal static class StoredDamage
{
    public static async Task FlipAsync(IBlobStore store, string name, int at)
    {
        var content = (await store.GetAsync(name))!.Content.ToArray();
        content[at] ^= 1;
        await store.PutAsync(name, new ReadOnlySequence<byte>(content), PutCondition.Always);
    }

    public static async Task CutAsync(IBlobStore store, string name, int length)
    {
        var content = (await store.GetAsync(name))!.Content;
        await store.PutAsync(name, new ReadOnlySequence<byte>(content[..length]), PutCondition.Always);
    }

    /// <summary>Puts the bytes of another blob in its place.</summary>
    public static async Task ReplaceAsync(IBlobStore store, string name, ReadOnlyMemory<byte> other) =>
        await store.PutAsync(name, new ReadOnlySequence<byte>(other), PutCondition.Always);

    public static async Task<MemoryBlobStore> CopyAsync(IBlobStore store)
    {
        var copy = new MemoryBlobStore();
        await foreach (var item in store.ListAllAsync(""))
            await copy.PutAsync(item.Name, new ReadOnlySequence<byte>((await store.GetAsync(item.Name))!.Content), PutCondition.Always);
        return copy;
    }
}
