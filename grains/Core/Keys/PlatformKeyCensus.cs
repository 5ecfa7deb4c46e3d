using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using RecoveryVault.Format;
using RecoveryVault.Records;
using RecoveryVault.Storage;
using RecoveryVault.Vaults;

namespace RecoveryVault.Keys;

/// <summary>What in a store names one platform key.</summary>
public sealed record PlatformKeyNeeds(long Records, long WrappedKeys, long SealedObjects, long Vaults)
{
    public static PlatformKeyNeeds None { get; } = new(0, 0, 0, 0);

    public bool IsNone => this == None;

    public static PlatformKeyNeeds operator +(PlatformKeyNeeds a, PlatformKeyNeeds b) =>
        new(a.Records + b.Records, a.WrappedKeys + b.WrappedKeys, a.SealedObjects + b.SealedObjects, a.Vaults + b.Vaults);

    /// <summary>"3 record(s), 1 key ring(s)".</summary>
    public override string ToString() =>
        string.Join(
            ", ",
            new[] { (Records, "record"), (WrappedKeys, "key ring"), (SealedObjects, "sealed object"), (Vaults, "vault") }
                .Where(n => n.Item1 > 0)
                .Select(n => string.Create(CultureInfo.InvariantCulture, $"{n.Item1} {n.Item2}(s)"))
        );
}

/// <summary>
/// Which platform keys a store needs, read from the store itself and never from memory: every record, every ring's wraps, every sealed
/// object, every vault's setting. A blob that cannot be read may need any key.
/// </summary>
public sealed class PlatformKeyCensus(IBlobStore store)
{
    private const int Parallelism = 16;

    private readonly ConcurrentDictionary<uint, PlatformKeyNeeds> _needs = [];
    private readonly ConcurrentBag<(VaultId VaultId, uint KeyId)> _wraps = [];
    private readonly ConcurrentDictionary<VaultId, bool> _deleted = [];
    private long _blobs;
    private long _unreadable;

    /// <summary>Blobs looked at so far.</summary>
    public long Blobs => Interlocked.Read(ref _blobs);

    /// <summary>Blobs that cannot be read.</summary>
    public long Unreadable => Interlocked.Read(ref _unreadable);

    public PlatformKeyNeeds NeedsOf(uint id) => _needs.GetValueOrDefault(id, PlatformKeyNeeds.None);

    public async Task TakeAsync(CancellationToken cancellation = default)
    {
        var options = new ParallelOptions { MaxDegreeOfParallelism = Parallelism, CancellationToken = cancellation };
        await Parallel.ForEachAsync(store.ListAllAsync("", cancellation), options, async (blob, cancel) => await LookAsync(blob, cancel));
        // Nothing of a deleted vault can be had back, with or without its keys.
        foreach (var (_, keyId) in _wraps.Where(w => !_deleted.ContainsKey(w.VaultId)))
            Add(keyId, PlatformKeyNeeds.None with { WrappedKeys = 1 });
    }

    private async ValueTask LookAsync(BlobItem blob, CancellationToken cancellation)
    {
        try
        {
            if (blob.Name.StartsWith(GrainRecords.AllVaultBlobs, StringComparison.Ordinal))
                await LookAtVaultAsync(blob.Name, cancellation);
            else if (GrainRecords.TryItemOf(blob.Name, out _))
                await LookAtItemAsync(blob.Name, cancellation);
            else
                await LookAtHeaderAsync(blob, cancellation);
        }
        catch (Exception e)
            when (e is FormatFaultException or JsonException or BlobStoreException { Error: BlobError.Damaged or BlobError.InvalidName })
        {
            Interlocked.Increment(ref _unreadable);
        }
        Interlocked.Increment(ref _blobs);
    }

    private async Task LookAtHeaderAsync(BlobItem blob, CancellationToken cancellation)
    {
        var header = new byte[ObjectHeader.SizeBytes];
        // Deleted between listing and reading: it needs nothing any more.
        if (await store.ReadAsync(blob.Name, 0, header, cancellation) is not { } count)
            return;
        if (ObjectHeader.IsObject(header.AsSpan(0, count)))
        {
            if (ObjectHeader.Read(header) is { Suite: ObjectSuite.Infrastructure } read)
                Add(read.PlatformKeyId, PlatformKeyNeeds.None with { SealedObjects = 1 });
        }
        else if (RecordEnvelope.TryKeyIdOf(header.AsSpan(0, count), out var id))
        {
            Add(id, PlatformKeyNeeds.None with { Records = 1 });
            if (header[10] == (byte)RecordType.Ring)
                await LookAtRingAsync(blob.Name, cancellation);
        }
        else if (IsExpectedToName(blob.Name))
            Interlocked.Increment(ref _unreadable);
    }

    /// <summary>Folders in which everything names a platform key, or at least says in which suite it is sealed.</summary>
    private static bool IsExpectedToName(string name) =>
        name.Split('/')[0]
            is "rings"
                or "descriptors"
                or "heads"
                or "proofs"
                or "tombstones"
                or "log"
                or "checkpoints"
                or "packs"
                or "index"
                or "manifests";

    private async Task LookAtRingAsync(string name, CancellationToken cancellation)
    {
        if (await store.GetAsync(name, cancellation) is not { } blob)
            return;
        var ring = RecordJson.Read(RecordEnvelope.UnverifiedPayload(blob.Content.Span), RecordJson.Default.KeyRing);
        foreach (var keyId in (ring?.Epochs ?? []).Select(e => e.KeyId).Where(KeyVersions.IsPlatform).Distinct())
            _wraps.Add((ring!.Item.VaultId, KeyVersions.PlatformKeyId(keyId)));
    }

    private async Task LookAtVaultAsync(string name, CancellationToken cancellation)
    {
        if (await store.GetAsync(name, cancellation) is not { Content.IsEmpty: false } blob)
            return;
        var vault = RecordJson.Read(blob.Content.Span, RecordJson.Default.VaultRecord);
        LookAtNotes(vault?.Owed ?? []);
        if (vault?.Settings.Deleted == true)
            _deleted[vault.VaultId] = true;
        var encryption = vault?.Settings.Deleted == false ? vault.Settings.Encryption : null;
        foreach (var use in new[] { encryption?.Current, encryption?.Previous })
            if (use is not null && KeyVersions.IsPlatform(use.KeyId))
                Add(KeyVersions.PlatformKeyId(use.KeyId), PlatformKeyNeeds.None with { Vaults = 1 });
    }

    private async Task LookAtItemAsync(string name, CancellationToken cancellation)
    {
        if (await store.GetAsync(name, cancellation) is { Content.IsEmpty: false } blob)
            LookAtNotes(RecordJson.Read(blob.Content.Span, RecordJson.Default.ItemRecord)?.Owed ?? []);
    }

    /// <summary>Until what a record owes is paid, the key that vouches for it is needed.</summary>
    private void LookAtNotes(ImmutableArray<OwedNote> notes)
    {
        foreach (var note in notes)
            if (RecordEnvelope.TryKeyIdOf(note.Seal, out var id))
                Add(id, PlatformKeyNeeds.None with { Records = 1 });
    }

    private void Add(uint id, PlatformKeyNeeds needs) => _needs.AddOrUpdate(id, needs, (_, known) => known + needs);
}
