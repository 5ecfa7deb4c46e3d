using System.Security.Cryptography;
using RecoveryVault.Backups;
using RecoveryVault.Errors;
using RecoveryVault.Jobs;
using RecoveryVault.Keys;
using RecoveryVault.Keys.Local;
using RecoveryVault.Restores;
using RecoveryVault.Tests.Storage;

namespace RecoveryVault.Tests.Cluster;

/// <summary>What Azure Backup protects and this vault does not; and sources that are encrypted themselves.</summary>
[Collection(VaultClusterCollection.Name)]
public sealed class WorkloadTests(VaultCluster cluster)
{
    private const string Classic = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ClassicCompute/virtualMachines/old";

    private const string Machine = "/subscriptions/s/resourcegroups/g/providers/Microsoft.Compute/virtualMachines/new";

    [Theory]
    [Trait("Requirement", "R60")]
    [Trait("Requirement", "R61")]
    [InlineData("MAB", ErrorCodes.UserErrorCMKMarsNotSupported)]
    [InlineData(Classic, ErrorCodes.UserErrorCMKClassicVmNotSupported)]
    [InlineData(Machine, ErrorCodes.WorkloadNotSupported)]
    [InlineData("AzureIaasVM", ErrorCodes.WorkloadNotSupported)]
    public async Task Protect_Workload_OfAVaultWithItsKey_IsRefusedLoggedAndChangesNothing(string workload, string code)
    {
        var stage = await VaultStage.CreateAsync(cluster);
        await stage.AssignKeyAsync();

        Assert.Equal(code, await VaultStage.CodeOfAsync(() => VaultClient.ProtectWorkloadAsync(stage.Vault, "vm", workload)));

        Assert.Null((await stage.Vault.Vault.GetAsync()).ProtectionAttemptedAt);
        Assert.Equal(
            ("ProtectItem", "Failed", code),
            ((await stage.LogAsync()) is [var e, ..] ? (e.Operation, e.Status, e.Details["errorCode"]) : default)
        );
    }

    [Theory]
    [Trait("Requirement", "R60")]
    [Trait("Requirement", "R61")]
    [Trait("Requirement", "R11")]
    [InlineData("mab")]
    [InlineData(Classic)]
    [InlineData(Machine)]
    public async Task Protect_Workload_OfAVaultWithPlatformKeys_FailsAndCountsAsAnAttempt(string workload)
    {
        var stage = await VaultStage.CreateAsync(cluster);

        var refused = await VaultStage.CodeOfAsync(() => VaultClient.ProtectWorkloadAsync(stage.Vault, "vm", workload));

        Assert.Equal(ErrorCodes.WorkloadNotSupported, refused);
        var job = Assert.Single(await stage.JobsAsync(JobStatus.Failed, JobOperations.ConfigureBackup));
        Assert.Equal(ErrorCodes.WorkloadNotSupported, job.ErrorDetails[0].Code);
        Assert.Equal(ErrorCodes.UserErrorCMKProtectionAttempted, await stage.CodeOfAssignAsync());
        await stage.ProtectAsync("files");
    }

    [Fact]
    public async Task Protect_WorkloadOfNoName_IsRefused()
    {
        var stage = await VaultStage.CreateAsync(cluster);

        foreach (var workload in (string[])["", "a\nb", new string('x', 513), "/subscriptions/s"])
            Assert.NotNull(await VaultStage.CodeOfAsync(() => VaultClient.ProtectWorkloadAsync(stage.Vault, "vm", workload)));
        Assert.Equal(0, (await stage.Vault.Vault.GetAsync()).ItemCount);
    }

    /// <summary>A source that its owner sealed with another key of the same key vault: neither key needs the other.</summary>
    [Fact]
    [Trait("Requirement", "R3")]
    public async Task Source_SealedWithAKeyOfItsOwn_NeitherNeedsNorTouchesTheVaultsKey()
    {
        using var item = await KeyedItem.CreateAsync(cluster);
        using var scratch = new ScratchDirectory();
        var owner = item.Stage.KeyOwner;
        var source = KeyId.Parse((await owner.CreateKeyAsync("source", new() { Kty = "RSA" })).Key.Kid);
        var secret = RandomNumberGenerator.GetBytes(32);
        var sealedFile = (await owner.WrapKeyAsync(source, secret)).EncryptedKey;
        Directory.CreateDirectory(scratch["data"]);
        await File.WriteAllBytesAsync(scratch["data/sealed"], sealedFile);
        await EnableAsync(false);

        await cluster.Client.BackUpAsync(item.Grain, new BackupOptions { SourcePath = scratch["data"] });
        await owner.RotateKeyAsync("kek");
        Assert.True((await VaultClient.SyncAsync(item.Stage.Vault)).Done);
        await cluster.Client.BackUpAsync(item.Grain, new BackupOptions { SourcePath = scratch["data"] });
        await cluster.Client.RestoreAsync(item.Grain, new RestoreOptions { Target = scratch["restored"] });

        Assert.Equal(sealedFile, await File.ReadAllBytesAsync(scratch["data/sealed"]));
        var restored = await File.ReadAllBytesAsync(scratch["restored/sealed"]);
        await EnableAsync(true);
        await item.EnableKeyAsync(false);
        using var opened = await owner.UnwrapKeyAsync(source, restored);
        Assert.Equal(secret, opened.Span.ToArray());

        Task EnableAsync(bool enabled) => owner.UpdateKeyAsync("source", source.Version, new KeyUpdate { Enabled = enabled });
    }
}
