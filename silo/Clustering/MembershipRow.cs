using System.Collections.Immutable;
using System.Globalization;

namespace RecoveryVault.Clustering;

/// <summary>A cluster's table as stored.</summary>
internal sealed record MembershipRows(int Version, ImmutableArray<MembershipRow> Rows)
{
    public static readonly MembershipRows Empty = new(0, []);

    public MembershipRow? Find(string silo) => Rows.FirstOrDefault(row => row.Silo == silo);

    /// <summary>The next table with a silo's row in it, in place of an older one.</summary>
    public MembershipRows With(MembershipRow row) => new(Version + 1, [.. Rows.Where(r => r.Silo != row.Silo), row]);
}

/// <summary>A vote that a silo is down.</summary>
internal sealed record MembershipVote(string Silo, DateTime Time);

/// <summary>A silo's row as stored.</summary>
internal sealed record MembershipRow
{
    public required string Silo { get; init; }

    public required SiloStatus Status { get; init; }

    public string? HostName { get; init; }

    public string? SiloName { get; init; }

    public string? RoleName { get; init; }

    public int ProxyPort { get; init; }

    public int UpdateZone { get; init; }

    public int FaultZone { get; init; }

    public required DateTime StartTime { get; init; }

    public required DateTime IAmAliveTime { get; init; }

    /// <summary>
    /// Etag of the heartbeat that was there when the row was written: the row's own time is the later one for as long as it still is.
    /// </summary>
    public string? Heartbeat { get; init; }

    /// <summary>Null as Orleans left it.</summary>
    public ImmutableArray<MembershipVote>? Votes { get; init; }

    /// <summary>The table's version with which the row was written: its own etag, which heartbeats leave alone.</summary>
    public required int WrittenAt { get; init; }

    public string ETag => WrittenAt.ToString(CultureInfo.InvariantCulture);

    public static MembershipRow Of(MembershipEntry entry, string? heartbeat, int version) =>
        new()
        {
            Silo = entry.SiloAddress.ToParsableString(),
            Status = entry.Status,
            HostName = entry.HostName,
            SiloName = entry.SiloName,
            RoleName = entry.RoleName,
            ProxyPort = entry.ProxyPort,
            UpdateZone = entry.UpdateZone,
            FaultZone = entry.FaultZone,
            StartTime = Utc(entry.StartTime),
            IAmAliveTime = Utc(entry.IAmAliveTime),
            Heartbeat = heartbeat,
            Votes = entry.SuspectTimes?.Select(v => new MembershipVote(v.Item1.ToParsableString(), Utc(v.Item2))).ToImmutableArray(),
            WrittenAt = version,
        };

    /// <summary>A fresh entry, which the receiver may do with as it likes.</summary>
    public MembershipEntry ToEntry(Heartbeat? heartbeat) =>
        new()
        {
            SiloAddress = SiloAddress.FromParsableString(Silo),
            Status = Status,
            HostName = HostName!,
            SiloName = SiloName!,
            RoleName = RoleName,
            ProxyPort = ProxyPort,
            UpdateZone = UpdateZone,
            FaultZone = FaultZone,
            StartTime = StartTime,
            IAmAliveTime = AliveAt(heartbeat),
            SuspectTimes = Votes?.Select(v => Tuple.Create(SiloAddress.FromParsableString(v.Silo), v.Time)).ToList(),
        };

    /// <summary>The latest sign of life or vote there is of the silo.</summary>
    public DateTime LastHeardOf(Heartbeat? heartbeat)
    {
        var last = AliveAt(heartbeat) is var alive && alive > StartTime ? alive : StartTime;
        foreach (var vote in Votes ?? [])
            last = vote.Time > last ? vote.Time : last;
        return last;
    }

    private DateTime AliveAt(Heartbeat? heartbeat) => heartbeat is { Time: { } time } && heartbeat.ETag != Heartbeat ? time : IAmAliveTime;

    /// <summary>Orleans means UTC, whatever it says.</summary>
    public static DateTime Utc(DateTime time) =>
        time.Kind == DateTimeKind.Local ? time.ToUniversalTime() : DateTime.SpecifyKind(time, DateTimeKind.Utc);
}
