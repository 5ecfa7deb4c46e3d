using RecoveryVault.Storage;
using Table = RecoveryVault.Storage.MarkedBlob<RecoveryVault.Clustering.MembershipRows>;

namespace RecoveryVault.Clustering;

/// <summary>
/// The cluster's membership on a blob store: one blob holds rows and version, and its etag is the version's; each silo's heartbeat is a
/// blob of its own.
/// </summary>
/// <remarks>
/// A read takes the table in one get, so rows and version belong together, and then the heartbeats. These may be newer than the table, and
/// nothing else can: the time of a heartbeat is the one thing that may change without the version, and it only concerns its own row.
/// </remarks>
public sealed partial class BlobMembershipTable : IMembershipTable
{
    /// <summary>The etag of a table that was never made.</summary>
    private const string NoTable = "none";

    private const int MaxCleanUps = 32;

    private readonly IBlobStore _store;
    private readonly string _clusterId;
    private readonly MembershipNames _names;
    private readonly Heartbeats _heartbeats;
    private readonly Table _table;

    /// <param name="store">Where the membership lies, beside that of other clusters.</param>
    /// <param name="clusterId">The cluster.</param>
    public BlobMembershipTable(IBlobStore store, string clusterId)
    {
        (_store, _clusterId, _names) = (store, clusterId, new MembershipNames(clusterId));
        _heartbeats = new Heartbeats(store, _names);
        _table = OpenTable(store, clusterId);
    }

    internal static Table OpenTable(IBlobStore store, string clusterId) =>
        new(
            store,
            new MembershipNames(clusterId).Table,
            clusterId,
            MembershipJson.Default.MarkedDocumentMembershipRows,
            MembershipJson.Default.MarkedFormat
        );

    public async Task InitializeMembershipTableAsync(bool tryInitTableVersion, CancellationToken cancellationToken = default)
    {
        var read = await _table.ReadAsync(cancellationToken);
        if (tryInitTableVersion && read.ETag is null)
            await _table.TryReplaceAsync(read, MembershipRows.Empty, cancellationToken);
    }

    /// <summary>Deletes a cluster's table and heartbeats, which need not be this one's; never another's.</summary>
    public async Task DeleteMembershipTableEntriesAsync(string clusterId, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(clusterId);
        var names = new MembershipNames(clusterId);
        await _store.DeleteAsync(names.Table, cancellation: cancellationToken);
        await foreach (var heartbeat in _store.ListAllAsync(names.AllHeartbeats, cancellationToken))
            await _store.DeleteAsync(heartbeat.Name, cancellation: cancellationToken);
    }

    public async Task<MembershipTableData> ReadRowAsync(SiloAddress key, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        var read = await _table.ReadAsync(cancellationToken);
        if (read.Content?.Find(key.ToParsableString()) is not { } row)
            return new MembershipTableData(VersionOf(read));
        return new MembershipTableData(MemberOf(row, await _heartbeats.FindAsync(row.Silo, cancellationToken)), VersionOf(read));
    }

    public async Task<MembershipTableData> ReadAllAsync(CancellationToken cancellationToken = default)
    {
        var read = await _table.ReadAsync(cancellationToken);
        var rows = read.Content?.Rows ?? [];
        var heartbeats = await _heartbeats.FindAllAsync(rows, cancellationToken);
        return new MembershipTableData([.. rows.Select(row => MemberOf(row, heartbeats[row.Silo]))], VersionOf(read));
    }

    /// <remarks>
    /// The heartbeat comes after the row: a heartbeat without a row would make later ones of nobody succeed. A row without one is mended by
    /// its silo's first heartbeat, so the insertion stands whatever becomes of it.
    /// </remarks>
    public async Task<bool> InsertRowAsync(MembershipEntry entry, TableVersion tableVersion, CancellationToken cancellationToken = default)
    {
        if (!await TryWriteRowAsync(entry, tableVersion, isNew: true, cancellationToken))
            return false;
        try
        {
            await _heartbeats.TryWriteAsync(
                entry.SiloAddress.ToParsableString(),
                entry.IAmAliveTime,
                PutCondition.Always,
                cancellationToken
            );
        }
        catch (Exception e) when (e is BlobStoreException or OperationCanceledException)
        {
            // The row is there and holds the same time.
        }
        return true;
    }

    /// <remarks>The row's own etag is not asked for: the table's says that nobody has changed the row.</remarks>
    public Task<bool> UpdateRowAsync(
        MembershipEntry entry,
        string etag,
        TableVersion tableVersion,
        CancellationToken cancellationToken = default
    ) => TryWriteRowAsync(entry, tableVersion, isNew: false, cancellationToken);

    public async Task UpdateIAmAliveAsync(MembershipEntry entry, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(entry);
        var silo = entry.SiloAddress.ToParsableString();
        if (!await _heartbeats.TryWriteAsync(silo, entry.IAmAliveTime, PutCondition.IfPresent, cancellationToken))
            await MendHeartbeatAsync(silo, entry.IAmAliveTime, cancellationToken);
    }

    public async Task CleanupDefunctSiloEntriesAsync(DateTimeOffset beforeDate, CancellationToken cancellationToken = default)
    {
        for (var left = MaxCleanUps; !await TryCleanUpAsync(beforeDate.UtcDateTime, cancellationToken); left--)
        {
            if (left == 1)
            {
                throw new BlobStoreException(
                    BlobError.PreconditionFailed,
                    $"The membership table of cluster '{_clusterId}' was changed by others each time that dead silos were to be removed."
                );
            }
        }
        await SweepHeartbeatsAsync(cancellationToken);
    }

    private async Task<bool> TryWriteRowAsync(MembershipEntry entry, TableVersion version, bool isNew, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(entry);
        ArgumentNullException.ThrowIfNull(version);
        var silo = entry.SiloAddress.ToParsableString();
        var read = await _table.ReadAsync(cancellation);
        var table = read.Content ?? MembershipRows.Empty;
        if (version.VersionEtag != VersionOf(read).VersionEtag || version.Version != table.Version + 1)
            return false;
        if (table.Find(silo) is null != isNew)
            return false;
        var heartbeat = await _heartbeats.FindAsync(silo, cancellation);
        var row = MembershipRow.Of(entry, heartbeat?.ETag, version.Version);
        return await _table.TryReplaceAsync(read, table.With(row), cancellation);
    }

    /// <summary>The silo died between its row and its first heartbeat, or has no row: only a row makes a heartbeat count.</summary>
    private async Task MendHeartbeatAsync(string silo, DateTime time, CancellationToken cancellation)
    {
        await RequireRowAsync(silo, cancellation);
        await _heartbeats.TryWriteAsync(silo, time, PutCondition.Always, cancellation);
        try
        {
            await RequireRowAsync(silo, cancellation);
        }
        catch (BlobStoreException e) when (e.Error == BlobError.PreconditionFailed)
        {
            await _heartbeats.DeleteAsync(silo, cancellation);
            throw;
        }
    }

    private async Task RequireRowAsync(string silo, CancellationToken cancellation)
    {
        if ((await _table.ReadAsync(cancellation)).Content?.Find(silo) is null)
        {
            throw new BlobStoreException(
                BlobError.PreconditionFailed,
                $"The silo {silo} has no row in the membership table of cluster '{_clusterId}': it cannot say that it is alive."
            );
        }
    }

    private async Task<bool> TryCleanUpAsync(DateTime before, CancellationToken cancellation)
    {
        var read = await _table.ReadAsync(cancellation);
        if (read.Content is not { } table)
            return true;
        var dead = table.Rows.Where(row => row.Status == SiloStatus.Dead).ToList();
        var heartbeats = await _heartbeats.FindAllAsync(dead, cancellation);
        var gone = dead.Where(row => row.LastHeardOf(heartbeats[row.Silo]) < before).ToHashSet();
        return gone.Count == 0
            || await _table.TryReplaceAsync(read, table with { Rows = [.. table.Rows.Where(row => !gone.Contains(row))] }, cancellation);
    }

    /// <summary>
    /// Removes the heartbeats that no row has any more. They are listed before the table is read: whatever is among them had its row then.
    /// </summary>
    private async Task SweepHeartbeatsAsync(CancellationToken cancellation)
    {
        List<string> listed = [];
        await foreach (var blob in _store.ListAllAsync(_names.AllHeartbeats, cancellation))
            listed.Add(blob.Name);
        var rows = (await _table.ReadAsync(cancellation)).Content?.Rows ?? [];
        foreach (var name in listed.Except(rows.Select(row => _names.Heartbeat(row.Silo))))
            await _store.DeleteAsync(name, cancellation: cancellation);
    }

    private static Tuple<MembershipEntry, string> MemberOf(MembershipRow row, Heartbeat? heartbeat) =>
        Tuple.Create(row.ToEntry(heartbeat), row.ETag);

    private static TableVersion VersionOf(Table.Version read) => new(read.Content?.Version ?? 0, read.ETag ?? NoTable);
}
