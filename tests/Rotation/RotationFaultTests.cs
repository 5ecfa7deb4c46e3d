using RecoveryVault.Backups;
using RecoveryVault.Errors;
using RecoveryVault.Jobs;
using RecoveryVault.Keys;
using RecoveryVault.Rotation;
using RecoveryVault.Tests.Cluster;
using RecoveryVault.Tests.Storage;

namespace RecoveryVault.Tests.Rotation;

/// <summary>
/// A rotation hit at every single write, each in every way a store can fail: of its four items one is idle, one has a backup running, one
/// is enrolled without a record, one is being created meanwhile. Whatever was hit, two ticks later the end is the same.
/// </summary>
[Collection(VaultClusterCollection.Name)]
public sealed class RotationFaultTests(VaultCluster cluster)
{
    public enum Hit
    {
        Fails,
        AnswerLost,
        Crash,
    }

    [Theory]
    [Trait("Requirement", "R2")]
    [Trait("Requirement", "R53")]
    [Trait("Requirement", "R56")]
    [InlineData(Hit.Fails)]
    [InlineData(Hit.AnswerLost)]
    [InlineData(Hit.Crash)]
    public async Task Rotation_HitAtAnyWrite_EndsWithEverythingOnTheNewVersion(Hit hit)
    {
        var step = 0;
        while (await RotateAsync(hit, step))
            step++;
        Assert.InRange(step, 15, 100);
    }

    private static Fault FaultOf(Hit hit) =>
        hit switch
        {
            Hit.Fails => new Fault.Fail(),
            Hit.AnswerLost => new Fault.AckLost(),
            _ => new Fault.CrashBefore(),
        };

    private async Task<bool> RotateAsync(Hit hit, int step)
    {
        using var stage = await RotationStage.CreateAsync(cluster);
        foreach (var name in (string[])["idle", "running"])
        {
            await stage.ProtectAsync(name);
            await stage.BackUpAsync(name);
        }
        await stage.EnrolAsync("enrolled");
        var (v1, release) = (await stage.CurrentAsync(), new TaskCompletionSource());
        var backup = await stage.BeginBackupAsync("running", release.Task);
        var (v2, data) = (await stage.NewVersionAsync(), await stage.DataOfAsync("idle", "running"));

        var writes = cluster.Store.Count(BlobCalls.Writes);
        cluster.Store.Inject(FaultOf(hit), BlobCalls.Writes, nth: step);
        var creation = Record.ExceptionAsync(() => stage.ProtectAsync("created"));
        await Record.ExceptionAsync(() => VaultClient.SyncAsync(stage.Vault));
        var notCreated = await creation;
        var wasHit = cluster.Store.Count(BlobCalls.Writes) - writes > step;
        cluster.Store.Recover();
        if (hit == Hit.Crash && wasHit)
        {
            // What hung in the store goes with its process.
            release.SetResult();
            await stage.DeactivateAsync(await stage.ItemsAsync());
        }

        cluster.Time.Advance(PollRules.Period / 3);
        await stage.TickAsync();
        Assert.Equal(v2, await stage.CurrentAsync());
        Assert.Null((await stage.Vault.Vault.GetEncryptionAsync()).PreviousKeyVersion);
        Assert.Empty((await stage.UseOfAsync(v1)).NeededBy);
        Assert.Equal(data, (await stage.DataOfAsync("idle", "running")).Where(blob => data.ContainsKey(blob.Key)));
        await RequireBackupAsync(backup, release, mayBeLost: hit == Hit.Crash && wasHit);
        await RequireUsableAsync(stage, v1, notCreated);
        if (hit != Hit.Crash)
            Assert.DoesNotContain(await stage.KeyJobsAsync(), job => job.Status == JobStatus.InProgress);
        return wasHit;
    }

    private static async Task RequireBackupAsync(Task<BackupReport> backup, TaskCompletionSource release, bool mayBeLost)
    {
        release.TrySetResult();
        if (await Record.ExceptionAsync(() => backup) is { } lost && !mayBeLost)
            Assert.Fail($"The running backup did not bear it: {lost}");
    }

    /// <summary>With the old version disabled, what was stored restores, what was being made can be made, and backups run.</summary>
    private static async Task RequireUsableAsync(RotationStage stage, KeyId old, Exception? notCreated)
    {
        await stage.EnableAsync(old, false);
        await stage.ProtectAsync("enrolled");
        var refusal = await Record.ExceptionAsync(() => stage.ProtectAsync("created"));
        Assert.True(refusal is VaultException { Code: ErrorCodes.ItemAlreadyProtected } || (refusal is null && notCreated is not null));
        foreach (var name in (string[])["idle", "running"])
            await stage.RequireRestorableAsync(name);
        foreach (var name in (string[])["running", "enrolled", "created"])
        {
            await stage.BackUpAsync(name);
            Assert.Single(await stage.RingsOfAsync(name));
        }
    }

    [Fact]
    public async Task Rotation_TwoActivationsOfEverything_EndAsOne()
    {
        await using var twin = await cluster.DeployTwinAsync();
        using var stage = await RotationStage.CreateAsync(cluster);
        foreach (var name in (string[])["a", "b", "c"])
            await stage.ProtectAsync(name);
        await stage.BackUpAsync("a");
        var other = cluster.ClientOf(twin).Open(stage.Vault.VaultId);
        for (var round = 0; round < 4; round++)
        {
            var v1 = await stage.CurrentAsync();
            var v2 = await stage.NewVersionAsync();

            await Task.WhenAll(Enumerable.Range(0, 4).Select(i => UntilDoneAsync(i % 2 == 0 ? stage.Vault : other)));

            Assert.Equal(v2, await stage.CurrentAsync());
            Assert.True((await stage.UseOfAsync(v1)).SafeToDisable);
            Assert.Equal(v2.Version, (await other.Vault.ListKeyVersionsAsync())[^1].KeyVersion);
            await stage.EnableAsync(v1, false);
            await stage.RequireRestorableAsync("a");
            foreach (var name in (string[])["a", "b", "c"])
                Assert.Single(await stage.RingsOfAsync(name));
        }
    }

    /// <summary>As a user does who is told that somebody else was faster.</summary>
    private static async Task UntilDoneAsync(NamedVault vault)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                await VaultClient.SyncAsync(vault);
                return;
            }
            catch (VaultException e) when (e.Code is ErrorCodes.ConcurrentChange or ErrorCodes.RotationBlocked && attempt < 10) { }
        }
    }
}
