using Orleans.TestingHost;
using RecoveryVault.Backups;
using RecoveryVault.Errors;
using RecoveryVault.Jobs;
using RecoveryVault.Keys;
using RecoveryVault.Rotation;
using RecoveryVault.Tests.Cluster;
using RecoveryVault.Tests.Keys;
using RecoveryVault.Tests.Storage;
using RecoveryVault.Tests.Style;
using Xunit.Abstractions;

namespace RecoveryVault.Tests.Rotation;

/// <summary>
/// A rotation hit at every single write and every single key vault call, in every way these can go wrong. Of its items some are idle, one
/// has a backup running, one is enrolled without a record, one is being created meanwhile; and the customer disables the old version as
/// soon as it is called safe. Whatever was hit, two ticks later the end is the same.
/// </summary>
[Collection(VaultClusterCollection.Name)]
public sealed class RotationFaultTests(VaultCluster cluster, ITestOutputHelper output) : IAsyncLifetime
{
    /// <summary>A cluster that knows nothing of the other: duplicate activations of everything.</summary>
    private InProcessTestCluster? _twin;

    public enum At
    {
        Write,
        KeyVaultCall,
    }

    public enum Hit
    {
        /// <summary>It is not done, and the caller hears so.</summary>
        Fails,

        /// <summary>It is done, and the caller hears that it failed.</summary>
        AnswerLost,

        /// <summary>The key vault refuses this once.</summary>
        Denied,

        /// <summary>The process dies before it.</summary>
        Killed,

        /// <summary>The process dies after it.</summary>
        KilledAfter,

        /// <summary>The reminder ticks twice more meanwhile.</summary>
        TicksAgain,

        /// <summary>A second activation of vault, items and schedule does the whole rotation meanwhile.</summary>
        Twin,
    }

    public async Task InitializeAsync() => _twin = await cluster.DeployTwinAsync();

    public async Task DisposeAsync()
    {
        cluster.Store.AfterWrite = null;
        if (_twin is { } twin)
            await twin.DisposeAsync();
    }

    [Theory]
    [Trait("Requirement", "R2")]
    [Trait("Requirement", "R52")]
    [Trait("Requirement", "R53")]
    [Trait("Requirement", "R56")]
    [InlineData(At.Write, Hit.Fails)]
    [InlineData(At.Write, Hit.AnswerLost)]
    [InlineData(At.Write, Hit.Killed)]
    [InlineData(At.Write, Hit.KilledAfter)]
    [InlineData(At.Write, Hit.TicksAgain)]
    [InlineData(At.Write, Hit.Twin)]
    [InlineData(At.KeyVaultCall, Hit.Fails)]
    [InlineData(At.KeyVaultCall, Hit.AnswerLost)]
    [InlineData(At.KeyVaultCall, Hit.Denied)]
    [InlineData(At.KeyVaultCall, Hit.KilledAfter)]
    [InlineData(At.KeyVaultCall, Hit.TicksAgain)]
    [InlineData(At.KeyVaultCall, Hit.Twin)]
    public async Task Rotation_HitAnywhere_EndsWithEverythingOnTheNewVersion(At at, Hit hit)
    {
        var (step, stride) = StepsOf(at, hit);
        var (points, looks) = (0, 0);
        while (await RotateAsync(at, hit, step) is { } looked)
        {
            points++;
            looks += looked;
            step += stride;
        }
        output.WriteLine($"{points} points: {at} {hit}, {looks} looks whether the old version is safe to disable");
        Assert.InRange(step, at == At.Write ? 20 : 10, 400);
    }

    /// <summary>A plain run takes each third point of most hits, not the same for all; larger ones take all.</summary>
    private static (int First, int Stride) StepsOf(At at, Hit hit) =>
        TestScale.Factor >= 3 || (at == At.Write && hit is Hit.Fails or Hit.AnswerLost) ? (0, 1) : (((int)at + (int)hit) % 3, 3);

    /// <summary>How often it was looked whether the old version is safe; null when the rotation had no such step any more.</summary>
    private async Task<int?> RotateAsync(At at, Hit hit, int step)
    {
        using var stage = await RotationStage.CreateAsync(cluster);
        string[] backedUp = ["running", .. Enumerable.Range(0, (int)TestScale.Iterations(1)).Select(i => $"idle{i}")];
        foreach (var name in backedUp)
        {
            await stage.ProtectAsync(name);
            await stage.BackUpAsync(name);
        }
        await stage.EnrolAsync("enrolled");
        var (v1, release) = (await stage.CurrentAsync(), new TaskCompletionSource());
        var backup = await stage.BeginBackupAsync("running", release.Task);
        var (v2, data) = (await stage.NewVersionAsync(), await stage.DataOfAsync(backedUp));
        using var customer = new HastyCustomer(cluster, stage, v1);
        cluster.Store.AfterWrite = customer.LookAsync;

        var before = CountOf(stage, at);
        Inject(stage, at, hit, step);
        cluster.Time.Advance(PollRules.Period);
        var creation = Record.ExceptionAsync(() => stage.ProtectAsync("created"));
        await Record.ExceptionAsync(() => stage.TickAsync());
        var notCreated = await creation;
        var wasHit = CountOf(stage, at) - before > step;
        cluster.Store.Recover();
        cluster.KeyVaultTraffic.Heal(stage.Host);
        var isDead = wasHit && hit is Hit.Killed or Hit.KilledAfter;
        if (isDead)
        {
            // What hung in the store goes with its process.
            release.SetResult();
            await stage.DeactivateAsync(await stage.ItemsAsync());
        }

        await stage.LiveAsync(PollRules.Period / 3, PollRules.Period / 3);
        cluster.Store.AfterWrite = null;
        await RequireConvergedAsync(stage, v1, v2, customer);
        Assert.Equal(data, (await stage.DataOfAsync(backedUp)).Where(blob => data.ContainsKey(blob.Key)));
        // A denial may meet the look that the running backup's own session takes: then it ends, as it must.
        await RequireBackupAsync(backup, release, mayBeLost: isDead || hit == Hit.Denied);
        await RequireUsableAsync(stage, backedUp, notCreated);
        // Who died, and a cluster that does not know the other's silos, leave jobs that their readers take for interrupted.
        if (hit is not (Hit.Killed or Hit.KilledAfter or Hit.Twin))
            Assert.DoesNotContain(await stage.KeyJobsAsync(), job => job.Status == JobStatus.InProgress);
        return wasHit ? customer.Looks : null;
    }

    private int CountOf(RotationStage stage, At at) =>
        at == At.Write ? cluster.Store.Count(BlobCalls.Writes) : cluster.KeyVaultTraffic.Count(stage.Host);

    private void Inject(RotationStage stage, At at, Hit hit, int step)
    {
        if (at == At.Write)
            cluster.Store.Inject(FaultOf(stage, hit), BlobCalls.Writes, nth: step);
        else
            cluster.KeyVaultTraffic.Hit(stage.Host, step, call => CallAsync(stage, hit, call));
    }

    private Fault FaultOf(RotationStage stage, Hit hit) =>
        hit switch
        {
            Hit.Fails => new Fault.Fail(),
            Hit.AnswerLost => new Fault.AckLost(),
            Hit.Killed => new Fault.CrashBefore(),
            Hit.KilledAfter => new Fault.CrashAfter(),
            _ => new Fault.First(() => MeanwhileAsync(stage, hit)),
        };

    private async Task CallAsync(RotationStage stage, Hit hit, Func<Task> call)
    {
        if (hit is Hit.Fails or Hit.Denied)
            throw WatchedKeyVaults.Failure(hit == Hit.Fails ? KeyVaultFault.Unreachable : KeyVaultFault.KeyDisabled, stage.Host);
        await MeanwhileAsync(stage, hit);
        await call();
        if (hit == Hit.AnswerLost)
            throw WatchedKeyVaults.Failure(KeyVaultFault.Unreachable, stage.Host);
        if (hit == Hit.KilledAfter)
            cluster.Store.Inject(new Fault.CrashBefore());
    }

    private async Task MeanwhileAsync(RotationStage stage, Hit hit)
    {
        if (hit == Hit.Twin)
            await Record.ExceptionAsync(() => stage.TickAsync(twin: _twin));
        else if (hit == Hit.TicksAgain)
            _ = stage.TickAsync();
    }

    /// <summary>Idle on the new version, nothing left of the old one, which the customer was told, and which he has disabled.</summary>
    private static async Task RequireConvergedAsync(RotationStage stage, KeyId v1, KeyId v2, HastyCustomer customer)
    {
        Assert.Equal(v2, await stage.CurrentAsync());
        Assert.Null((await stage.Vault.Vault.GetEncryptionAsync()).PreviousKeyVersion);
        Assert.Empty((await stage.UseOfAsync(v1)).NeededBy);
        Assert.True(customer.HasDisabled);
    }

    private static async Task RequireBackupAsync(Task<BackupReport> backup, TaskCompletionSource release, bool mayBeLost)
    {
        release.TrySetResult();
        if (await Record.ExceptionAsync(() => backup) is { } lost && !mayBeLost)
            Assert.Fail($"The running backup did not bear it: {lost}");
    }

    /// <summary>With the old version disabled, what was stored restores, what was being made can be made, and backups run.</summary>
    private static async Task RequireUsableAsync(RotationStage stage, string[] backedUp, Exception? notCreated)
    {
        await stage.ProtectAsync("enrolled");
        var refusal = await Record.ExceptionAsync(() => stage.ProtectAsync("created"));
        Assert.True(refusal is VaultException { Code: ErrorCodes.ItemAlreadyProtected } || (refusal is null && notCreated is not null));
        foreach (var name in backedUp)
            await stage.RequireRestorableAsync(name);
        foreach (var name in (string[])["running", "enrolled", "created"])
        {
            await stage.BackUpAsync(name);
            Assert.Single(await stage.RingsOfAsync(name));
        }
    }
}
