using System.Diagnostics;
using System.Text;
using Orleans.TestingHost;
using RecoveryVault.Items;
using RecoveryVault.Records;
using RecoveryVault.Storage;
using RecoveryVault.Tests.Cluster;
using RecoveryVault.Tests.Rotation;
using RecoveryVault.Vaults;

namespace RecoveryVault.Tests.Upgrade;

/// <summary>
/// A cluster whose silos are replaced one by one by those of a later release, and then, for the way back, by the earlier ones again. It
/// backs up, rotates and restores at every step, and neither release loses a word of the other's.
/// </summary>
public sealed class RollingUpgradeTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);
    private static readonly string[] Items = ["papers", "photos"];

    private readonly VaultCluster _cluster;
    private bool _isLater;

    public RollingUpgradeTests() =>
        _cluster = new VaultCluster
        {
            Configure = silo =>
            {
                if (_isLater)
                    LaterSilo.Use(silo);
            },
        };

    private InProcessTestCluster Silos => _cluster.Cluster;

    public Task InitializeAsync() => _cluster.InitializeAsync();

    public Task DisposeAsync() => _cluster.DisposeAsync();

    [Fact]
    public async Task Upgrade_SiloBySiloAndBack_GoesOnWorkingAndLosesNothing()
    {
        using var stage = await RotationStage.CreateAsync(_cluster);
        foreach (var item in Items)
            await stage.ProtectAsync(item);
        await WorkAsync(stage);

        await ReplaceAsync(stage, isLater: true);
        await AddLaterSettingsAsync(stage);
        await ReplaceAsync(stage, isLater: false);

        await RequireLaterSettingsAsync(stage);
        Assert.Empty(LaterSilo.Lost);
        Assert.InRange(LaterSilo.Kept, 10, int.MaxValue);
    }

    private async Task ReplaceAsync(RotationStage stage, bool isLater)
    {
        _isLater = isLater;
        foreach (var old in Silos.Silos.ToList())
        {
            await Silos.StartAdditionalSiloAsync();
            await WorkAsync(stage);
            await Silos.StopSiloAsync(old);
            await ForgetAsync(stage);
            await WorkAsync(stage);
        }
    }

    /// <summary>A client of the runtime's own learns that a gateway is gone by calls that fail, and does not make them again.</summary>
    private static async Task ForgetAsync(RotationStage stage)
    {
        var patience = Stopwatch.StartNew();
        for (var well = 0; well < 2 * Items.Length; )
        {
            try
            {
                await stage.CurrentAsync();
                foreach (var name in Items)
                    await (await stage.OpenAsync(name)).ListRecoveryPointsAsync(new PageRequest());
                well++;
            }
            catch (OrleansException) when (patience.Elapsed < Patience)
            {
                well = 0;
            }
        }
    }

    /// <summary>Everything anew: a key version, a backup of each item, a rotation, a deletion taken back, a restore.</summary>
    private static async Task WorkAsync(RotationStage stage)
    {
        var version = await stage.NewVersionAsync();
        foreach (var name in Items)
            await stage.BackUpAsync(name);
        await stage.Vault.Rotation.SyncAsync();
        Assert.Equal(version, await stage.CurrentAsync());
        foreach (var name in Items)
        {
            var item = await stage.OpenAsync(name);
            var oldest = (await item.ListRecoveryPointsAsync(new PageRequest())).Items[^1].Name;
            if ((await item.ListRecoveryPointsAsync(new PageRequest())).Items.Count > 1)
            {
                await item.DeleteRecoveryPointAsync(new DeleteRecoveryPoint(Guid.NewGuid(), oldest, "test"));
                await item.UndeleteRecoveryPointAsync(new UndeleteRecoveryPoint(Guid.NewGuid(), oldest));
            }
            await stage.RequireRestorableAsync(name);
        }
        // The next one may be hosted elsewhere: what it finds it must find in the store.
        await stage.DeactivateAsync(await stage.ItemsAsync());
    }

    /// <summary>What a later release writes beside the records too, so that it is not only the records that must keep it.</summary>
    private async Task AddLaterSettingsAsync(RotationStage stage)
    {
        var descriptors = new Descriptors(new AuthenticatedRecords(_cluster.Beneath, _cluster.Keyring));
        var items = await stage.ItemsAsync();
        await stage.DeactivateAsync(items);
        var vault = await VaultAsync(stage);
        vault = vault with { Settings = vault.Settings with { Later = LaterMembers.OfRecord } };
        var named = await descriptors.WriteAsync(vault.ToDescriptor(SeqOf(vault.Descriptor) + 1, null));
        await PutAsync(VaultBlob(stage), Encode(vault with { Descriptor = named }, typeof(VaultRecord)));
        foreach (var key in items)
        {
            var item = await ItemAsync(key);
            item = item with { Settings = item.Settings! with { Later = LaterMembers.OfRecord } };
            var reference = await descriptors.WriteAsync(key, SeqOf(item.Descriptor) + 1, item.Settings!);
            await PutAsync(GrainRecords.ItemBlob(key), Encode(item with { Descriptor = reference }, typeof(ItemRecord)));
        }
    }

    private async Task RequireLaterSettingsAsync(RotationStage stage)
    {
        Assert.NotNull((await VaultAsync(stage)).Settings.Later);
        foreach (var key in await stage.ItemsAsync())
            Assert.NotNull((await ItemAsync(key)).Settings!.Later);
        // The settings were written anew by the earlier release, as a key version came: outside the record too.
        var vault = await VaultAsync(stage);
        var records = new AuthenticatedRecords(_cluster.Beneath, _cluster.Keyring);
        var descriptor = await records.ReadAsync(
            vault.Descriptor!,
            RecoveryVault.Format.RecordType.Descriptor,
            RecordJson.Default.VaultDescriptor
        );
        Assert.NotNull(descriptor.Settings.Later);
    }

    private static long SeqOf(RecordRef? descriptor) => descriptor is null ? 0 : AuthenticatedRecords.SequenceOf(descriptor.Name);

    private static string VaultBlob(RotationStage stage) => $"{GrainRecords.AllVaultBlobs}{stage.Vault.VaultId}.json";

    private async Task<VaultRecord> VaultAsync(RotationStage stage) =>
        RecordJson.Read((await _cluster.Beneath.GetAsync(VaultBlob(stage)))!.Content.Span, RecordJson.Default.VaultRecord)!;

    private async Task<ItemRecord> ItemAsync(ItemKey key) =>
        RecordJson.Read((await _cluster.Beneath.GetAsync(GrainRecords.ItemBlob(key)))!.Content.Span, RecordJson.Default.ItemRecord)!;

    private static byte[] Encode(object record, Type type) =>
        Encoding.UTF8.GetBytes(System.Text.Json.JsonSerializer.Serialize(record, LaterMembers.InfoOf(type)));

    private Task<string> PutAsync(string name, byte[] content) => _cluster.Beneath.PutAsync(name, new(content), PutCondition.Always);
}
