using System.Text.Json;
using RecoveryVault.Format;
using RecoveryVault.Items;
using RecoveryVault.Keys;
using RecoveryVault.Records;

namespace RecoveryVault.Tests.Tampering;

/// <summary>One stored object with which something was done.</summary>
/// <param name="Other">The second object concerned; empty when there is none.</param>
internal sealed record Mutant(Tampering Tampering, StoredKind Kind, string Name, string Other = "");

/// <summary>Does things to stored objects, with everything repaired that needs no key and nothing else.</summary>
internal sealed class Tamperer(
    RewindableStore store,
    PlatformKey attackersKey,
    KeyRings attackersRings,
    Func<ItemKey, KeyEncryptionKey?> keks
)
{
    /// <summary>Which kinds can have that done to them.</summary>
    public static bool Fits(Tampering tampering, StoredKind kind) =>
        tampering switch
        {
            Tampering.Flip or Tampering.Truncate => kind != StoredKind.DamagedMark,
            Tampering.FlipAndRepair or Tampering.TruncateAndRepair or Tampering.ExtendAndRepair => kind.IsSealed() || kind.IsRecord(),
            Tampering.Reorder => kind.IsSealed(),
            Tampering.Forge => kind.IsSealed() || kind.IsRecord(),
            Tampering.Edit => kind.IsRecord() || kind.IsBare(),
            Tampering.Rewrap => kind == StoredKind.Ring,
            _ => true,
        };

    /// <summary>Does it to a blob drawn by the dice; null when there is none to which it can be done.</summary>
    public async Task<Mutant?> ApplyAsync(Tampering tampering, StoredKind kind, Dice dice)
    {
        var names = store.Names.Where(n => StoredKinds.Of(n) == kind).ToList();
        if (names.Count == 0)
            return null;
        var name = dice.Pick(names);
        var bytes = store.Last(name);
        switch (tampering)
        {
            case Tampering.Delete:
                await store.DeleteAsync(name);
                return new Mutant(tampering, kind, name);
            case Tampering.Swap:
                return await SwapAsync(kind, name, dice);
            case Tampering.Duplicate:
                var copy = CopyName(name, dice);
                await store.OverwriteAsync(copy, bytes);
                return new Mutant(tampering, kind, copy, name);
            case Tampering.Replay or Tampering.Substitute:
                return await ReplaceAsync(tampering, kind, name, dice);
            case Tampering.Rewrap:
                return await RewrapAsync(name);
            default:
                await store.OverwriteAsync(name, Alter(tampering, kind, bytes, dice));
                return new Mutant(tampering, kind, name);
        }
    }

    private byte[] Alter(Tampering tampering, StoredKind kind, byte[] bytes, Dice dice) =>
        tampering switch
        {
            Tampering.Flip => TamperedBytes.Flip(bytes, dice),
            Tampering.FlipAndRepair => FlipAndRepair(kind, bytes, dice),
            Tampering.Truncate => TamperedBytes.Truncate(bytes, dice),
            Tampering.TruncateAndRepair => TamperedBytes.Repair(kind, TamperedBytes.Truncate(bytes, dice)),
            Tampering.Extend => TamperedBytes.Extend(bytes, dice),
            Tampering.ExtendAndRepair => TamperedBytes.Repair(kind, TamperedBytes.Extend(bytes, dice)),
            Tampering.Reorder => TamperedBytes.Repair(kind, TamperedBytes.Reorder(bytes, dice)),
            Tampering.Forge => Forge(kind, bytes),
            Tampering.Edit when kind.IsRecord() => TamperedBytes.EditRecord(bytes, json => TamperedBytes.EditJson(json, dice)),
            Tampering.Edit => TamperedBytes.EditJson(bytes, dice),
            _ => throw new ArgumentOutOfRangeException(nameof(tampering), tampering, null),
        };

    /// <summary>A flipped bit that the repair would not flip back.</summary>
    private static byte[] FlipAndRepair(StoredKind kind, byte[] bytes, Dice dice)
    {
        while (true)
        {
            var repaired = TamperedBytes.Repair(kind, TamperedBytes.Flip(bytes, dice));
            if (!repaired.AsSpan().SequenceEqual(bytes))
                return repaired;
        }
    }

    private byte[] Forge(StoredKind kind, byte[] bytes)
    {
        if (kind.IsRecord())
            return RecordEnvelope.Seal((RecordType)bytes[10], attackersKey, bytes.AsSpan(20..^48));
        var header = ObjectHeader.Read(bytes);
        using var dek = DataKey.Create(header.VaultId, header.ItemId, header.DekEpoch);
        using var writer = new SealedObjectWriter(header.Type, dek);
        SealedBody.Add(writer, bytes.AsSpan(0, Math.Min(bytes.Length, 3000)));
        return [.. System.Buffers.BuffersExtensions.ToArray(writer.Finish())];
    }

    private async Task<Mutant?> SwapAsync(StoredKind kind, string name, Dice dice)
    {
        var others = store.Names.Where(n => n != name && FolderOf(n) == FolderOf(name) && StoredKinds.Of(n) == kind).ToList();
        if (others.Count == 0)
            return null;
        var other = dice.Pick(others);
        var (mine, its) = (store.Last(name), store.Last(other));
        if (mine.AsSpan().SequenceEqual(its))
            return null;
        await store.OverwriteAsync(name, its);
        await store.OverwriteAsync(other, mine);
        return new Mutant(Tampering.Swap, kind, name, other);
    }

    /// <summary>Replay: from the same folder, earlier or older. Substitute: from another.</summary>
    private async Task<Mutant?> ReplaceAsync(Tampering tampering, StoredKind kind, string name, Dice dice)
    {
        var isReplay = tampering == Tampering.Replay;
        var contents = isReplay ? store.Earlier(name).Select(c => (Name: name, Content: c)).ToList() : [];
        // What bears a random or growing name has no earlier content: then an older one of its kind, also one that is gone.
        if (contents.Count == 0)
            contents =
            [
                .. store
                    .EverNamed.Where(n => n != name && StoredKinds.Of(n) == kind && FolderOf(n) == FolderOf(name) == isReplay)
                    .Select(n => (n, store.Last(n))),
            ];
        contents.RemoveAll(c => c.Content.AsSpan().SequenceEqual(store.Last(name)));
        if (contents.Count == 0)
            return null;
        var (other, content) = dice.Pick(contents);
        await store.OverwriteAsync(name, content);
        return new Mutant(tampering, kind, name, other);
    }

    /// <summary>An attacker's own data key in the item's ring, wrapped to the vault's key: that takes its public half only.</summary>
    private async Task<Mutant?> RewrapAsync(string name)
    {
        var ring = JsonSerializer.Deserialize(store.Last(name).AsSpan(20..^48), RecordJson.Default.KeyRing);
        if (ring is null || keks(ring.Item) is not { } kek)
            return null;
        var own = await attackersRings.CreateAsync(ring.Item, ring.KeyGeneration, kek, ring.Seq);
        var json = JsonSerializer.SerializeToUtf8Bytes(own, RecordJson.Default.KeyRing);
        await store.OverwriteAsync(name, TamperedBytes.EditRecord(store.Last(name), _ => json));
        return new Mutant(Tampering.Rewrap, StoredKind.Ring, name);
    }

    private static string FolderOf(string name) =>
        StoredKinds.Of(name) == StoredKind.Job ? string.Join('/', name.Split('/')[..2]) : name[..(name.LastIndexOf('/') + 1)];

    /// <summary>A name of the same shape that nothing has yet.</summary>
    private string CopyName(string name, Dice dice)
    {
        while (true)
        {
            var chars = name.ToCharArray();
            var start = name.LastIndexOf('/') + 1;
            for (var i = 0; i < 3; i++)
            {
                var at = start + dice.Next(chars.Length - start);
                if (char.IsAsciiHexDigitLower(chars[at]))
                    chars[at] = dice.Pick("0123456789abcdef".ToCharArray());
            }
            if (new string(chars) is var copy && !store.Names.Contains(copy))
                return copy;
        }
    }
}
