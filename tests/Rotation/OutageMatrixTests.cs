using RecoveryVault.Errors;
using RecoveryVault.Items;
using RecoveryVault.Jobs;
using RecoveryVault.Keys;
using RecoveryVault.Rotation;
using RecoveryVault.Tests.Cluster;
using RecoveryVault.Tests.Storage;
using RecoveryVault.Tests.Style;

namespace RecoveryVault.Tests.Rotation;

/// <summary>
/// A key vault that is away in every way and for any time: jobs end and say so, nothing is lost, deleted or changed, and when it is back
/// everything goes on by itself, without all asking at once. The vault asks through the gate that stands before Azure's key vaults.
/// </summary>
[Collection(VaultClusterCollection.Name)]
public sealed class OutageMatrixTests(VaultCluster cluster)
{
    /// <summary>The longest a key vault that is away is left alone.</summary>
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(36);

    /// <summary>Restores that wait for each item.</summary>
    private const int Waiting = 8;

    public enum Kind
    {
        Status503,
        Timeout,
        NameNotFound,
        Throttled,

        /// <summary>Every other call or so fails.</summary>
        Flapping,
    }

    public static TheoryData<Kind, string> All
    {
        get
        {
            var all = new TheoryData<Kind, string>();
            foreach (var kind in Enum.GetValues<Kind>())
            foreach (var length in (string[])["00:01:00", "01:00:00", "1.00:00:00", "30.00:00:00"])
                all.Add(kind, length);
            return all;
        }
    }

    private static Func<KeyVaultException?> FaultOf(Kind kind, string host)
    {
        var calls = 0u;
        KeyVaultException? Away(int status, string why) => new(KeyVaultFault.Unreachable, status, "Unreachable", null, $"{host}: {why}");
        return kind switch
        {
            Kind.Status503 => () => Away(503, "Service Unavailable"),
            Kind.Timeout => () => Away(0, "no answer within 30 s"),
            Kind.NameNotFound => () => Away(0, "Name or service not known"),
            Kind.Throttled => () => new(KeyVaultFault.Throttled, 429, "Throttled", null, $"{host}: too many requests"),
            _ => () => (Interlocked.Increment(ref calls) * 2654435761u >> 30) % 2 == 0 ? Away(503, "Service Unavailable") : null,
        };
    }

    [Theory]
    [Trait("Requirement", "R50")]
    [Trait("Requirement", "R64")]
    [MemberData(nameof(All))]
    public async Task Outage_OfAnyKindAndLength_ChangesNothing_AndEndsWithoutAStampede(Kind kind, string length)
    {
        using var stage = await RotationStage.CreateAsync(cluster);
        cluster.KeyVaultTraffic.Gate(stage.Host, cluster.Time);
        string[] names = [.. Enumerable.Range(0, (int)TestScale.Iterations(2)).Select(i => $"i{i}")];
        foreach (var name in names)
        {
            await stage.ProtectAsync(name);
            await stage.BackUpAsync(name);
        }
        var hot = await HotItem.OpenAsync(cluster, stage, names[0]);
        var before = await SnapshotAsync(stage, names);
        var v2 = await stage.NewVersionAsync();
        var keys = await stage.KeyVault.ListVersionsAsync(v2.Name);
        var items = await Task.WhenAll(names.Select(stage.KeyOfAsync));
        var deletions = CountDeletions(items);

        cluster.KeyVaultTraffic.Fail(stage.Host, FaultOf(kind, stage.Host));
        await LiveAsync(stage, hot, kind, TimeSpan.Parse(length, null));

        if (kind != Kind.Flapping)
        {
            Assert.Equal(deletions, CountDeletions(items));
            Assert.Equal(before, await SnapshotAsync(stage, names));
        }
        Assert.Equal(keys, await stage.KeyVault.ListVersionsAsync(v2.Name));
        await RequireBackAsync(stage, names, v2);
        // What the rotation leaves behind is cleared away: deletions are seen.
        Assert.True(CountDeletions(items) > deletions);
    }

    /// <summary>Time goes by, the reminder ticks, clients try; each attempt ends, and says what it was.</summary>
    private async Task LiveAsync(RotationStage stage, HotItem hot, Kind kind, TimeSpan length)
    {
        var step = length > TimeSpan.FromDays(1) ? TimeSpan.FromHours(6 / Math.Min(TestScale.Factor, 6)) : PollRules.Period;
        for (var left = length; left > TimeSpan.Zero; left -= step)
        {
            if (left <= TimeSpan.FromMinutes(1))
            {
                // A key vault that is away takes nothing from whoever has his keys.
                cluster.Time.Advance(TimeSpan.FromSeconds(20));
                Assert.Equal(("", ""), (await hot.ReadAsync(), await hot.WriteAsync()));
            }
            cluster.Time.Advance(left < step ? left : step);
            await stage.TickAsync(times: 1);
        }
        await hot.AbandonAsync();
        cluster.Time.Advance(DekCache.TimeToLive);
        var jobs = (await stage.Vault.Jobs.ListAsync(new JobQuery(null, null, new PageRequest(null)))).Items.Count;
        foreach (var call in (Func<Task>[])[() => stage.RequireRestorableAsync(hot.Name), () => stage.BackUpAsync(hot.Name)])
        {
            cluster.Time.Advance(LongestPause);
            var code = await HotItem.CodeOfAsync(call);
            Assert.Contains(code, kind == Kind.Flapping ? ["", ErrorCodes.KeyVaultUnreachable] : new[] { ErrorCodes.KeyVaultUnreachable });
            var job = (await stage.Vault.Jobs.ListAsync(new JobQuery(null, null, new PageRequest(null)))).Items[0];
            Assert.Equal(code == "" ? JobStatus.Completed : JobStatus.Failed, job.Status);
            Assert.True(code == "" || job.ErrorDetails[0].Code == code);
        }
        Assert.True((await stage.Vault.Jobs.ListAsync(new JobQuery(null, null, new PageRequest(null)))).Items.Count >= jobs);
    }

    private async Task RequireBackAsync(RotationStage stage, string[] names, KeyId v2)
    {
        cluster.KeyVaultTraffic.Heal(stage.Host);
        cluster.Time.Advance(LongestPause);
        var unwraps = cluster.KeyVaultTraffic.Count(stage.Host, "unwrap");

        // All whose keys have gone come at once, and the first call has the key looked at as well: the version that came meanwhile is
        // in force within one poll.
        await Task.WhenAll(names.SelectMany(name => Enumerable.Repeat(name, Waiting)).Select(stage.RequireRestorableAsync));
        cluster.Time.Advance(PollRules.Period);
        await stage.TickAsync();
        Assert.Equal(v2, await stage.CurrentAsync());
        Assert.Null((await stage.Vault.Vault.GetEncryptionAsync()).PreviousKeyVersion);

        // One for all that wait, two for the pass of each item, and the canaries of two looks.
        Assert.InRange(cluster.KeyVaultTraffic.Count(stage.Host, "unwrap") - unwraps, 0, (3 * names.Length) + 2);
        foreach (var name in names)
        {
            await stage.BackUpAsync(name);
            await stage.RequireRestorableAsync(name);
        }
        Assert.DoesNotContain(
            (await stage.Vault.Jobs.ListAsync(new JobQuery(null, null, new PageRequest(null)))).Items,
            job => job.Status == JobStatus.InProgress
        );
    }

    /// <summary>Of what is these items': in a cluster that tests share others' clocks go on, too.</summary>
    private int CountDeletions(IEnumerable<ItemKey> items) =>
        cluster.Store.Calls.Count(c =>
            c.Call == BlobCalls.Delete && items.Any(i => c.Name.Contains($"{i.ItemId}", StringComparison.Ordinal))
        );

    /// <summary>What must be the same after an outage, however long: settings, rings and recovery points.</summary>
    private static async Task<string> SnapshotAsync(RotationStage stage, string[] names)
    {
        List<string> lines = [(await stage.Vault.Vault.GetEncryptionAsync() with { LastPolledAt = null }).ToString()];
        foreach (var name in names)
        {
            lines.AddRange(await stage.RingsOfAsync(name));
            lines.AddRange((await (await stage.OpenAsync(name)).ListRecoveryPointsAsync(new PageRequest(null))).Items.Select(p => $"{p}"));
        }
        return string.Join('\n', lines);
    }
}
