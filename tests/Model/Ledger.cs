using RecoveryVault.Items;
using RecoveryVault.Keys;

namespace RecoveryVault.Tests.Model;

/// <summary>What may be true of a recovery point; more than one while nobody has looked since an outcome that was not clear.</summary>
[Flags]
internal enum PointStates
{
    None = 0,
    Available = 1,
    SoftDeleted = 2,
    Purged = 4,
}

/// <summary>A recovery point as its owner remembers it: the receipt of its backup and what is in it.</summary>
internal sealed record PointLedger(RecoveryPointSummary Receipt, byte[] Content)
{
    public long Seq => Receipt.Seq;

    public PointStates States { get; set; } = PointStates.Available;

    /// <summary>Nothing may purge it before; null while it is available.</summary>
    public DateTimeOffset? PurgeAfter { get; set; }

    public bool MayBe(PointStates state) => (States & state) != 0;

    public bool Is(PointStates state) => States == state;
}

/// <summary>An item as its owner remembers it.</summary>
internal sealed class ItemLedger(string name, ItemKey key)
{
    public string Name { get; } = name;

    public ItemKey Key { get; } = key;

    public SortedDictionary<long, PointLedger> Points { get; } = [];

    /// <summary>Contents of backups of which nobody can say whether they made a recovery point.</summary>
    public List<byte[]> Unclear { get; } = [];

    /// <summary>What its protection may be.</summary>
    public HashSet<ProtectionState> States { get; set; } = [ProtectionState.Protected];

    /// <summary>The points that went with the item when it was deleted.</summary>
    public List<long> WentWith { get; set; } = [];

    /// <summary>Whether it follows the policy; null when that is not clear.</summary>
    public bool? FollowsPolicy { get; set; } = false;

    /// <summary>Its record as it was at earlier times, oldest first.</summary>
    public List<byte[]> OldRecords { get; } = [];

    public bool IsCertain =>
        Unclear.Count == 0 && States.Count == 1 && Points.Values.All(p => p.States is not (PointStates.None) && IsOne(p));

    public IEnumerable<PointLedger> Available => Points.Values.Where(p => p.Is(PointStates.Available));

    private static bool IsOne(PointLedger point) => (point.States & (point.States - 1)) == 0;

    /// <summary>What the policy takes: all but the last so many and the newest of each of the last so many days.</summary>
    public IReadOnlyList<PointLedger> Expiring(DateTimeOffset now, (int Last, int Daily) keep)
    {
        var newestFirst = Available.OrderByDescending(p => p.Seq).ToList();
        var days = newestFirst.DistinctBy(p => p.Receipt.Time.UtcDateTime.Date).Take(keep.Daily);
        return [.. newestFirst.Skip(keep.Last).Except(days).Where(p => !(p.Receipt.RetainUntil > now))];
    }
}

/// <summary>A key as its owner remembers it: which versions there are, and whom they serve.</summary>
internal sealed class KeyLedger(string keyVault, string host)
{
    public string KeyVault { get; } = keyVault;

    public string Host { get; } = host;

    /// <summary>Oldest first.</summary>
    public List<KeyId> Versions { get; } = [];

    public HashSet<KeyId> Disabled { get; } = [];

    public bool IsDeleted { get; set; }

    public bool IsRevoked { get; set; }

    public KeyVaultFault? Outage { get; set; }

    public DateTimeOffset OutageEnds { get; set; }

    public bool IsHealthy => !IsDeleted && !IsRevoked && Outage is null && Disabled.Count == 0;

    /// <summary>The newest version that the vault must come to use when nothing stands in the way.</summary>
    public KeyId? NewestAfter(KeyId current) =>
        Disabled.Contains(current) ? current : Versions.SkipWhile(v => v != current).LastOrDefault(v => !Disabled.Contains(v));
}
