using System.Net;
using RecoveryVault.Clustering;
using RecoveryVault.Storage;

namespace RecoveryVault.Tests.Clustering;

/// <summary>Rows for membership tables, and short ways to write them.</summary>
internal static class MembershipSamples
{
    public const string ClusterId = "cluster/α.1";

    public static readonly DateTime Noon = new(2026, 11, 28, 12, 0, 0, DateTimeKind.Utc);

    public static BlobMembershipTable Open(IBlobStore store, string cluster = ClusterId) => new(store, cluster);

    public static SiloAddress Silo(int number) => SiloAddress.New(IPAddress.Parse("10.1.2.3"), 11111, number);

    public static MembershipEntry Entry(int number, SiloStatus status = SiloStatus.Active, DateTime? alive = null) =>
        new()
        {
            SiloAddress = Silo(number),
            Status = status,
            HostName = $"host-{number}",
            SiloName = $"silo {number}",
            RoleName = "role",
            ProxyPort = 30000 + number,
            UpdateZone = 1,
            FaultZone = 2,
            StartTime = Noon.AddMilliseconds(-1.5),
            IAmAliveTime = alive ?? Noon,
        };

    /// <summary>What a silo says when it is alive: nothing else.</summary>
    public static MembershipEntry Beat(int number, DateTime time) => new() { SiloAddress = Silo(number), IAmAliveTime = time };

    public static MembershipEntry Voted(this MembershipEntry entry, params (int Silo, DateTime Time)[] votes)
    {
        entry.SuspectTimes = [.. votes.Select(v => Tuple.Create(Silo(v.Silo), v.Time))];
        return entry;
    }

    /// <summary>Inserts on top of what is there.</summary>
    public static async Task InsertAsync(this IMembershipTable table, params MembershipEntry[] entries)
    {
        foreach (var entry in entries)
            Assert.True(await table.InsertRowAsync(entry, (await table.ReadAllAsync()).Version.Next()));
    }

    /// <summary>Updates on top of what is there.</summary>
    public static async Task<bool> UpdateAsync(this IMembershipTable table, MembershipEntry entry)
    {
        var read = await table.ReadAllAsync();
        return await table.UpdateRowAsync(entry, read.TryGet(entry.SiloAddress)?.Item2 ?? "", read.Version.Next());
    }

    public static async Task<MembershipEntry> EntryAsync(this IMembershipTable table, int number)
    {
        var alone = await table.ReadRowAsync(Silo(number));
        var (entry, etag) = Assert.Single(alone.Members);
        var all = await table.ReadAllAsync();
        Assert.Equal((Full(entry), etag), (Full(all.TryGet(Silo(number))!.Item1), all.TryGet(Silo(number))!.Item2));
        Assert.Equal(all.Version, alone.Version);
        return entry;
    }

    /// <summary>All that a row says.</summary>
    public static string Full(MembershipEntry entry)
    {
        var votes = entry.SuspectTimes is { } times
            ? string.Join(',', times.Select(v => $"{v.Item1.ToParsableString()} {v.Item2:O}"))
            : "none";
        return $"{entry.SiloAddress.ToParsableString()} {entry.Status} {entry.HostName} {entry.SiloName} {entry.RoleName} {entry.ProxyPort} "
            + $"{entry.UpdateZone} {entry.FaultZone} {entry.StartTime:O} {entry.IAmAliveTime:O} [{votes}]";
    }

    public static IEnumerable<int> Numbers(this MembershipTableData data) =>
        data.Members.Select(m => m.Item1.SiloAddress.Generation).Order();
}
