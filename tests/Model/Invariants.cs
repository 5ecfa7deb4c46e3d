using RecoveryVault.Format;
using RecoveryVault.Items;
using RecoveryVault.Keys;
using RecoveryVault.Records;
using RecoveryVault.Storage;

namespace RecoveryVault.Tests.Model;

/// <summary>
/// What holds whatever happens, each named as the specification of the project numbers them. I10 and I11 are also in what operations are
/// allowed to end in: <see cref="KeyVerdicts.IsForgotten"/>.
/// </summary>
internal static partial class Invariants
{
    private static InvariantBrokenException Broken(string what) => new(what);

    /// <summary>Every acknowledged point comes back bit for bit while no version was disabled that is needed.</summary>
    public static async Task I1_Readable(ModelRun run)
    {
        foreach (var item in run.Items.Values)
        foreach (var point in item.Available.ToList())
        {
            var (outcome, content) = await run.ReadAsync(run.Cluster.Client, item, point.Receipt.Name);
            if (content is null)
                throw Broken($"I1 Readable: '{item.Name}' {point.Seq} does not come back: {outcome}");
            I1_Readable_Content(item, point, content);
        }
    }

    public static void I1_Readable_Content(ItemLedger item, PointLedger point, byte[] content)
    {
        if (!content.AsSpan().SequenceEqual(point.Content))
            throw Broken($"I1 Readable: '{item.Name}' {point.Seq} comes back otherwise than it was.");
    }

    /// <summary>A version that was called safe to disable wraps nothing stored, ever after.</summary>
    public static async Task I2_SafeMeansUnused(ModelRun run)
    {
        foreach (var item in run.Items.Values)
        foreach (var ring in await ReadRingsAsync(run, item))
        foreach (var epoch in ring.Ring.Epochs)
            if (KeyId.TryParse(epoch.KeyId, out var version) && run.CalledSafe.Contains(version))
                throw Broken($"I2 SafeMeansUnused: {version.Version} was called safe and wraps {ring.Name} of '{item.Name}'.");
    }

    private static async Task<List<(string Name, KeyRing Ring)>> ReadRingsAsync(ModelRun run, ItemLedger item)
    {
        var records = new AuthenticatedRecords(run.Cluster.Blobs, run.Cluster.Keyring);
        List<(string, KeyRing)> rings = [];
        await foreach (var blob in run.Cluster.Blobs.ListAllAsync($"{ItemBlobs.Rings(item.Key.ItemId)}/"))
            if (await records.FindAsync(blob.Name, RecordType.Ring, RecordJson.Default.KeyRing) is { } ring)
                rings.Add((blob.Name, ring));
        return rings;
    }

    /// <summary>Generations, rings, the chain of points and tombstones only ever go up.</summary>
    public static async Task I3_Monotone(ModelRun run, Watermarks marks)
    {
        marks.Raise("the vault's generation", (await run.ReadVaultAsync()).Settings.Encryption.Current.Generation);
        foreach (var item in run.Items.Values)
        {
            if (await run.ReadItemAsync(item.Key) is not { } record)
                continue;
            marks.Raise($"the generation of '{item.Name}'", record.KeyGeneration);
            marks.Raise($"the ring of '{item.Name}'", record.RingSeq);
            marks.Raise($"the chain of '{item.Name}'", record.NextSeq);
            marks.Raise($"the deletions of '{item.Name}'", record.Tombstones is { } t ? AuthenticatedRecords.SequenceOf(t.Name) : 0);
        }
    }

    /// <summary>The record and the ring it names say the same generation and key, for every data key.</summary>
    public static async Task I4_AtomicItem(ModelRun run, ItemLedger item)
    {
        if (await run.ReadItemAsync(item.Key) is not { Ring: { } named } record)
            return;
        var rings = await ReadRingsAsync(run, item);
        if (rings.FirstOrDefault(r => r.Name == named.Name).Ring is not { } ring)
        {
            // Between the two reads a rotation may have put another one in force.
            if ((await run.ReadItemAsync(item.Key))?.Ring == named)
                throw Broken($"I4 AtomicItem: '{item.Name}' names a ring that is not stored.");
            return;
        }
        if (ring.KeyGeneration != record.KeyGeneration || ring.Epochs.Any(e => e.KeyId != record.KeyId))
            throw Broken($"I4 AtomicItem: '{item.Name}' stands at {record.KeyGeneration} {record.KeyId} and its ring does not.");
    }

    /// <summary>What is acknowledged follows what was acknowledged before.</summary>
    public static void I5_AckDurable_Receipt(ItemLedger item, RecoveryPointSummary receipt)
    {
        if (item.Points.TryGetValue(receipt.Seq, out var other))
            throw Broken(
                $"I6 SingleWinner: '{item.Name}' {receipt.Seq} was acknowledged twice, as {other.Receipt.Name} and {receipt.Name}."
            );
        if (item.Points.TryGetValue(receipt.Seq - 1, out var before) && before.Receipt.HeadHash != receipt.PrevHash)
            throw Broken($"I5 AckDurable: '{item.Name}' {receipt.Seq} does not follow the one before it.");
    }

    /// <summary>An acknowledged point is listed as what it is; it is purged only when its time has come by every clock.</summary>
    public static void I5_I16_ListedAsKnown(ItemLedger item, PointLedger point, RecoveryPointSummary? listed, DateTimeOffset now)
    {
        var state = listed?.State switch
        {
            null => PointStates.Purged,
            RecoveryPointState.Available => PointStates.Available,
            _ => PointStates.SoftDeleted,
        };
        if (!point.MayBe(state))
            throw Broken(
                $"{(state == PointStates.Purged ? "I5 AckDurable or I16 ExpiryExact" : "I5 AckDurable")}: '{item.Name}' {point.Seq} is {state}, not {point.States}; "
                    + $"it is {now:u}, and nothing may purge it before {point.PurgeAfter:u}."
            );
        if (listed is not null && listed.HeadHash != point.Receipt.HeadHash)
            throw Broken($"I5 AckDurable: '{item.Name}' {point.Seq} is another one than was acknowledged.");
        if (state == PointStates.Purged && point.Receipt.RetainUntil > now)
            throw Broken($"I16 ExpiryExact: '{item.Name}' {point.Seq} was promised until {point.Receipt.RetainUntil:u} and is purged.");
        point.States = state;
        point.PurgeAfter = state == PointStates.Available ? null : listed?.Expires ?? point.PurgeAfter;
    }

    /// <summary>However many wrote at once: the points that are listed are one chain.</summary>
    public static void I6_SingleWinner_Chain(ItemLedger item, IReadOnlyDictionary<long, RecoveryPointSummary> listed)
    {
        foreach (var point in listed.Values)
            if (listed.TryGetValue(point.Seq - 1, out var before) && before.HeadHash != point.PrevHash)
                throw Broken($"I6 SingleWinner: '{item.Name}' {point.Seq} does not follow {before.Seq}.");
    }

    /// <summary>Ticks once more change nothing.</summary>
    public static async Task I7_TickIdempotence(ModelRun run, Func<Task> tick)
    {
        var before = await FingerprintAsync(run);
        for (var i = 0; i < 2; i++)
            await tick();
        var after = await FingerprintAsync(run);
        if (before != after)
            throw Broken($"I7 TickIdempotence: another tick changed {before} to {after}.");
    }

    private static async Task<string> FingerprintAsync(ModelRun run)
    {
        var encryption = (await run.ReadVaultAsync()).Settings.Encryption;
        List<string> parts = [$"{encryption.Current.Generation} {encryption.Previous?.Generation}"];
        foreach (var item in run.Items.Values)
            parts.AddRange((await ReadRingsAsync(run, item)).Select(r => r.Name));
        foreach (var folder in (string[])[$"log/{run.VaultId}/", $"jobs/{run.VaultId}/"])
            parts.Add($"{folder[..3]} {await run.Cluster.Blobs.ListAllAsync(folder).CountAsync()}");
        var newest = (await run.Vault.Activity.ListAsync(new(Count: 1))).Items;
        parts.AddRange(newest.Select(e => $"{e.Operation} by {e.Caller} at {e.Time:O} {string.Join(' ', e.Details)}"));
        return string.Join(", ", parts);
    }

    /// <summary>Two healthy poll periods later no rotation is under way, and the newest enabled version is in force.</summary>
    public static async Task I8_Convergence(ModelRun run)
    {
        var before = KeyId.Parse((await run.ReadVaultAsync()).Settings.Encryption.Current.KeyId);
        await run.ConvergeAsync();
        var after = (await run.ReadVaultAsync()).Settings.Encryption;
        var expected = run.Follows ? run.Key.NewestAfter(before) : before;
        if (after.Previous is not null || after.Current.KeyId != expected?.ToString())
            throw Broken($"I8 Convergence: {after.Current.KeyId} (leaving {after.Previous?.KeyId ?? "none"}) is in force, not {expected}.");
        foreach (var item in run.Items.Values)
            if (await run.ReadItemAsync(item.Key) is { Ring: not null } record && record.KeyId != after.Current.KeyId)
                throw Broken($"I8 Convergence: '{item.Name}' still stands at {record.KeyId}.");
    }
}

/// <summary>The highest of each number so far.</summary>
internal sealed class Watermarks
{
    private readonly Dictionary<string, long> _highest = [];

    public void Raise(string what, long number)
    {
        if (_highest.TryGetValue(what, out var highest) && number < highest)
            throw new InvariantBrokenException($"I3 Monotone: {what} went from {highest} back to {number}.");
        _highest[what] = number;
    }
}
