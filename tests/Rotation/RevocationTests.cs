using RecoveryVault.DataPath;
using RecoveryVault.Errors;
using RecoveryVault.Items;
using RecoveryVault.Jobs;
using RecoveryVault.Keys;
using RecoveryVault.Tests.Cluster;
using RecoveryVault.Tests.Storage;

namespace RecoveryVault.Tests.Rotation;

/// <summary>What a key vault's refusal or silence does to the keys that a silo has in memory.</summary>
[Collection(VaultClusterCollection.Name)]
public sealed class RevocationTests(VaultCluster cluster)
{
    private int _looks;

    private async Task<RotationStage> CreateAsync(string item)
    {
        var stage = await RotationStage.CreateAsync(cluster);
        await stage.ProtectAsync(item);
        return stage;
    }

    private static async Task<string> CodeOfAsync(Func<Task> call) => (await Assert.ThrowsAsync<VaultException>(call)).Code;

    [Fact]
    [Trait("Requirement", "R39")]
    [Trait("Requirement", "R64")]
    public async Task Restore_KeyDeniedAndEnabledAgain_FailsAtOnceAfterTheFirstDenialAndHeals()
    {
        using var stage = await CreateAsync("a");
        await stage.BackUpAsync("a");
        await stage.RequireRestorableAsync("a");
        var v1 = await stage.CurrentAsync();
        await stage.EnableAsync(v1, false);

        // The backup hears of it; from then on nothing cached opens anything either.
        Assert.Equal(ErrorCodes.UserErrorCMKKeyDisabled, await CodeOfAsync(() => stage.BackUpAsync("a")));
        Assert.Equal(ErrorCodes.UserErrorCMKKeyDisabled, await CodeOfAsync(() => stage.RequireRestorableAsync("a")));

        await stage.EnableAsync(v1, true);
        await stage.RequireRestorableAsync("a");
    }

    [Fact]
    public async Task Restore_KeyVaultAway_GoesOnUntilTheCachedKeyIsTenMinutesOld()
    {
        using var stage = await CreateAsync("a");
        await stage.BackUpAsync("a");
        await stage.RequireRestorableAsync("a");
        cluster.KeyVaultTraffic.Fail(stage.Host, KeyVaultFault.Unreachable);

        await stage.RequireRestorableAsync("a");
        cluster.Time.Advance(DekCache.TimeToLive);
        Assert.Equal(ErrorCodes.KeyVaultUnreachable, await CodeOfAsync(() => stage.RequireRestorableAsync("a")));

        cluster.KeyVaultTraffic.Heal(stage.Host);
        await stage.RequireRestorableAsync("a");
    }

    [Fact]
    [Trait("Requirement", "R39")]
    [Trait("Requirement", "R64")]
    public async Task OpenSessions_KeyDisabledMeanwhile_AreToldAndEnded_WhoeverWasDeniedFirst()
    {
        using var stage = await CreateAsync("a");
        await stage.ProtectAsync("b");
        await stage.BackUpAsync("a");
        var item = await stage.OpenAsync("a");
        var backup = await item.BeginBackupAsync(new BeginBackup(Guid.NewGuid()));
        var restore = await item.BeginRestoreAsync(new BeginRestore(Guid.NewGuid(), null, RestorePurpose.Restore));
        var (writer, reader) = (await OpenAsync(backup.Session!), await OpenReaderAsync(restore.Session));
        Assert.Empty(await writer.FindNewAsync([], CancellationToken.None));
        await stage.EnableAsync(await stage.CurrentAsync(), false);

        // Nobody asks for item "a"; that "b" is denied is enough.
        Assert.Equal(ErrorCodes.UserErrorCMKKeyDisabled, await CodeOfAsync(() => stage.BackUpAsync("b")));

        var deniedAt = cluster.Time.GetUtcNow();
        foreach (var use in (Func<Task>[])[UseWriterAsync, UseReaderAsync])
        {
            await stage.UntilAsync(async () =>
            {
                // A minute must do, however long the cluster takes for it.
                if (cluster.Time.GetUtcNow() - deniedAt < TimeSpan.FromSeconds(55))
                    Advance();
                return await CodeOrNoneAsync(use) == ErrorCodes.UserErrorCMKKeyDisabled;
            });
        }
        Assert.True(cluster.Time.GetUtcNow() - deniedAt <= TimeSpan.FromSeconds(60));
        await stage.UntilAsync(async () =>
        {
            Advance();
            return (await stage.Vault.Jobs.GetAsync(backup.JobId)).Status != JobStatus.InProgress;
        });
        var job = await stage.Vault.Jobs.GetAsync(backup.JobId);
        Assert.Equal((JobStatus.Failed, ErrorCodes.UserErrorCMKKeyDisabled), (job.Status, job.ErrorDetails[0].Code));

        async Task UseWriterAsync() => await writer.FindNewAsync([], CancellationToken.None);

        async Task UseReaderAsync() => await reader.CheckAsync([], CancellationToken.None);
    }

    [Fact]
    public async Task OpenSession_KeyVaultAway_GoesOnForTenMinutesAndNoLonger()
    {
        using var stage = await CreateAsync("a");
        var item = await stage.OpenAsync("a");
        var backup = await item.BeginBackupAsync(new BeginBackup(Guid.NewGuid()));
        var writer = await OpenAsync(backup.Session!);
        cluster.KeyVaultTraffic.Fail(stage.Host, KeyVaultFault.Unreachable);

        cluster.Time.Advance(DekCache.TimeToLive - TimeSpan.FromSeconds(20));
        Assert.Empty(await writer.FindNewAsync([], CancellationToken.None));
        cluster.Time.Advance(TimeSpan.FromSeconds(20));
        Assert.Equal(ErrorCodes.KeyVaultUnreachable, await CodeOfAsync(async () => await writer.FindNewAsync([], CancellationToken.None)));

        cluster.KeyVaultTraffic.Heal(stage.Host);
        await stage.UntilAsync(async () =>
        {
            Advance();
            return await CodeOrNoneAsync(async () => await writer.FindNewAsync([], CancellationToken.None)) == "";
        });
        await item.AbandonBackupAsync(new AbandonBackup(backup.Session!.SessionId, null));
    }

    [Fact]
    public async Task OpenSession_VaultAway_RestsAfterHalfAMinute_AndGoesOnWhenItIsBack()
    {
        using var stage = await CreateAsync("a");
        var item = await stage.OpenAsync("a");
        var backup = await item.BeginBackupAsync(new BeginBackup(Guid.NewGuid()));
        var writer = await OpenAsync(backup.Session!);
        var record = $"grainstate/record-vault/{stage.Vault.VaultId}.json";
        for (var reads = 0; reads < 1000; reads++)
            cluster.Store.Inject(new Fault.Fail(), BlobCalls.Get, reads, name => name == record);
        await cluster.DeactivateAsync(GrainId.Create("vault", stage.Vault.VaultId.ToString()));
        try
        {
            Assert.Empty(await writer.FindNewAsync([], CancellationToken.None));
            cluster.Time.Advance(KeyPermit.Lifetime);

            Assert.Equal(ErrorCodes.StoreUnavailable, await CodeOfAsync(async () => await writer.FindNewAsync([], CancellationToken.None)));
        }
        finally
        {
            cluster.Store.Recover();
        }
        Assert.Empty(await writer.FindNewAsync([], CancellationToken.None));
        await item.AbandonBackupAsync(new AbandonBackup(backup.Session!.SessionId, null));
    }

    [Fact]
    public async Task OpenSession_DenialOfAnotherItemAndThenAnOutage_RestsWithinAMinute_ButIsNotRevoked()
    {
        using var stage = await CreateAsync("a");
        await stage.ProtectAsync("b");
        var item = await stage.OpenAsync("a");
        var backup = await item.BeginBackupAsync(new BeginBackup(Guid.NewGuid()));
        var writer = await OpenAsync(backup.Session!);
        await stage.EnableAsync(await stage.CurrentAsync(), false);
        Assert.Equal(ErrorCodes.UserErrorCMKKeyDisabled, await CodeOfAsync(() => stage.BackUpAsync("b")));
        cluster.KeyVaultTraffic.Fail(stage.Host, KeyVaultFault.Unreachable);

        cluster.Time.Advance(KeyPermit.Lifetime);
        Assert.Equal(ErrorCodes.KeyVaultUnreachable, await CodeOfAsync(async () => await writer.FindNewAsync([], CancellationToken.None)));

        await stage.EnableAsync(await stage.CurrentAsync(), true);
        cluster.KeyVaultTraffic.Heal(stage.Host);
        Assert.Empty(await writer.FindNewAsync([], CancellationToken.None));
        await item.AbandonBackupAsync(new AbandonBackup(backup.Session!.SessionId, null));
    }

    /// <summary>Time goes on, slowly enough for the cluster to follow.</summary>
    private void Advance()
    {
        if (++_looks % 50 == 0)
            cluster.Time.Advance(TimeSpan.FromSeconds(5));
    }

    private ValueTask<IBackupChannel> OpenAsync(SessionTicket ticket) => cluster.DataPlane.OpenBackupAsync(ticket, CancellationToken.None);

    private ValueTask<IRestoreChannel> OpenReaderAsync(SessionTicket ticket) =>
        cluster.DataPlane.OpenRestoreAsync(ticket, CancellationToken.None);

    private static async Task<string> CodeOrNoneAsync(Func<Task> call)
    {
        try
        {
            await call();
            return "";
        }
        catch (VaultException e)
        {
            return e.Code;
        }
    }
}
