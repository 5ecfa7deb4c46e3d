using System.Collections.Immutable;
using System.Text.Json;
using RecoveryVault.Errors;
using RecoveryVault.Format;
using RecoveryVault.Items;
using RecoveryVault.Keys;
using RecoveryVault.Records;
using RecoveryVault.Storage;
using RecoveryVault.Stores;
using RecoveryVault.Tests.Storage;
using RecoveryVault.Vaults;

namespace RecoveryVault.Tests.Stores;

/// <summary>Another platform key for a store, and an old one away, without grains: every step fails once in every way.</summary>
public sealed class PlatformKeyRotationTests
{
    private const string StoreId = "22222222-2222-2222-2222-222222222222";

    public static TheoryData<string, bool> Faults
    {
        get
        {
            TheoryData<string, bool> faults = [];
            foreach (var fault in Fault.Everywhere)
            foreach (var inKeys in (bool[])[true, false])
                faults.Add(fault.GetType().Name, inKeys);
            return faults;
        }
    }

    private static readonly ImmutableSortedDictionary<string, string> NoDetails = ImmutableSortedDictionary<string, string>.Empty;

    private static async Task<(MemoryBlobStore Store, MemoryBlobStore Keys)> CreateAsync()
    {
        var (store, keys) = (new MemoryBlobStore(), new MemoryBlobStore());
        var (_, keyring) = await StoreManifest.CreateAsync(store, StoreId, "rvault", keys, TimeProvider.System);
        keyring.Dispose();
        return (store, keys);
    }

    private static async Task<PlatformKeyring> OpenAsync(IBlobStore store, IBlobStore keys)
    {
        var manifest = await StoreManifest.FindAsync(store) ?? throw new InvalidOperationException("There is no store.");
        return await manifest.OpenKeyringAsync(keys, "there");
    }

    private static async Task<string?> CodeOfOpenAsync(IBlobStore store, IBlobStore keys)
    {
        try
        {
            (await OpenAsync(store, keys)).Dispose();
            return null;
        }
        catch (VaultException refusal)
        {
            return refusal.Code;
        }
    }

    private static async Task RotateAsync(IBlobStore store, IBlobStore keys)
    {
        using var keyring = await OpenAsync(store, keys);
        await PlatformKeyRotation.BeginAsync(store, keyring, TimeProvider.System);
    }

    private static async Task RemoveAsync(IBlobStore store, IBlobStore keys, uint id)
    {
        using var keyring = await OpenAsync(store, keys);
        var census = new PlatformKeyCensus(store);
        await census.TakeAsync();
        await PlatformKeyRotation.RemoveAsync(store, keyring, census, id);
    }

    private static async Task EndRolloutAsync(IBlobStore store, IBlobStore keys)
    {
        using var keyring = await OpenAsync(store, keys);
        await keyring.EndRolloutAsync();
    }

    private static Task<string> AddRecordAsync(MemoryBlobStore store, PlatformKeyring keyring, string name = "heads/x/1") =>
        store.PutAsync(name, new(RecordEnvelope.Seal(RecordType.Head, keyring.Current, "{}"u8)), PutCondition.Always);

    /// <summary>The keyring as a file somebody copied.</summary>
    private static async Task<MemoryBlobStore> CopyAsync(MemoryBlobStore keys)
    {
        var copy = new MemoryBlobStore();
        var blob = await keys.GetAsync(PlatformKeyring.BlobName);
        await copy.PutAsync(PlatformKeyring.BlobName, new(blob!.Content), PutCondition.Always);
        return copy;
    }

    [Fact]
    public async Task Open_KeyringFromBeforeTheRotation_IsRefusedAtTheDoor()
    {
        var (store, keys) = await CreateAsync();
        var before = await CopyAsync(keys);
        await RotateAsync(store, keys);

        Assert.Equal(ErrorCodes.WrongPlatformKey, await CodeOfOpenAsync(store, before));
        Assert.Null(await CodeOfOpenAsync(store, keys));
    }

    /// <summary>Made, and not demanded yet: nothing uses it, and nobody is locked out by a rotation that died there.</summary>
    [Fact]
    public async Task Open_KeyringFromBefore_IsFineWhileTheNextKeyIsOnlyPrepared()
    {
        var (store, keys) = await CreateAsync();
        var before = await CopyAsync(keys);
        using (var keyring = await OpenAsync(store, keys))
            Assert.Equal(2u, await keyring.PrepareAsync(TimeProvider.System));

        Assert.Null(await CodeOfOpenAsync(store, before));
        using var again = await OpenAsync(store, keys);
        Assert.Equal((1u, 2u), (again.CurrentId, again.PreparedId));
    }

    [Fact]
    public async Task Open_KeyringWithoutAnOlderKeyTheStoreDemands_IsRefused()
    {
        var (store, keys) = await CreateAsync();
        await RotateAsync(store, keys);
        using (var keyring = await OpenAsync(store, keys))
            await keyring.RemoveAsync(1);

        Assert.Equal(ErrorCodes.WrongPlatformKey, await CodeOfOpenAsync(store, keys));
    }

    [Fact]
    public async Task Begin_OneThatHasNotEnded_MakesNoSecondKey()
    {
        var (store, keys) = await CreateAsync();
        await RotateAsync(store, keys);
        await RotateAsync(store, keys);
        using (var keyring = await OpenAsync(store, keys))
            Assert.Equal([1u, 2u], keyring.All.Select(k => k.Id));

        await EndRolloutAsync(store, keys);
        await RotateAsync(store, keys);
        using var third = await OpenAsync(store, keys);
        Assert.Equal(3u, third.CurrentId);
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task Begin_AnyStepGoesWrong_StoreOpensAndTheNextGoesOn(string kind, bool inKeys)
    {
        var fault = Fault.Everywhere.Single(f => f.GetType().Name == kind);
        for (var (step, isHit) = (0, true); isHit; step++)
        {
            var (store, keys) = await CreateAsync();
            using (var first = await OpenAsync(store, keys))
                await AddRecordAsync(store, first);
            var faulty = new FaultyBlobStore(inKeys ? keys : store).Inject(fault, nth: step);
            isHit = await IsHitAsync(() => RotateAsync(inKeys ? store : faulty, inKeys ? faulty : keys));
            Assert.InRange(step, 0, 20);

            await RotateAsync(store, keys);
            using var keyring = await OpenAsync(store, keys);
            Assert.Equal(2u, keyring.CurrentId);
            Assert.Equal([1u, 2u], keyring.All.Select(k => k.Id));
            var record = (await store.GetAsync("heads/x/1"))!.Content.ToArray();
            Assert.Equal("{}"u8.ToArray(), RecordEnvelope.Open(record, RecordType.Head, keyring.Find));
        }
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task Remove_AnyStepGoesWrong_StoreOpensAndTheNextGoesOn(string kind, bool inKeys)
    {
        var fault = Fault.Everywhere.Single(f => f.GetType().Name == kind);
        for (var (step, isHit) = (0, true); isHit; step++)
        {
            var (store, keys) = await CreateAsync();
            await RotateAsync(store, keys);
            var faulty = new FaultyBlobStore(inKeys ? keys : store).Inject(fault, nth: step);
            isHit = await IsHitAsync(() => RemoveAsync(inKeys ? store : faulty, inKeys ? faulty : keys, 1));
            Assert.InRange(step, 0, 20);

            Assert.Null(await CodeOfOpenAsync(store, keys));
            using (var keyring = await OpenAsync(store, keys))
                if (keyring.Find(1) is not null)
                    await RemoveAsync(store, keys, 1);
            using var left = await OpenAsync(store, keys);
            Assert.Equal([2u], left.All.Select(k => k.Id));
        }
    }

    private static async Task<bool> IsHitAsync(Func<Task> work)
    {
        try
        {
            await work();
            return false;
        }
        catch (Exception e) when (e is VaultException or BlobStoreException or SimulatedCrashException)
        {
            return true;
        }
    }

    [Theory]
    [InlineData(1u, ErrorCodes.PlatformKeyInUse)]
    [InlineData(2u, ErrorCodes.PlatformKeyInUse)]
    [InlineData(7u, ErrorCodes.PlatformKeyNotFound)]
    public async Task Remove_KeyThatIsNeededOrUnknown_IsRefused(uint id, string code)
    {
        var (store, keys) = await CreateAsync();
        using (var first = await OpenAsync(store, keys))
            await AddRecordAsync(store, first);
        await RotateAsync(store, keys);

        Assert.Equal(code, (await Assert.ThrowsAsync<VaultException>(() => RemoveAsync(store, keys, id))).Code);
        Assert.Null(await CodeOfOpenAsync(store, keys));
    }

    /// <summary>What cannot be read may need any key.</summary>
    [Fact]
    public async Task Remove_WithARecordNobodyCanRead_IsRefused()
    {
        var (store, keys) = await CreateAsync();
        await RotateAsync(store, keys);
        await store.PutAsync("rings/x/1", new("nonsense"u8.ToArray()), PutCondition.Always);

        Assert.Equal(ErrorCodes.PlatformKeyInUse, (await Assert.ThrowsAsync<VaultException>(() => RemoveAsync(store, keys, 1))).Code);
    }

    [Fact]
    public async Task Renew_Records_KeepsPayloadsAndLeavesForgedOnesAlone()
    {
        var (store, keys) = await CreateAsync();
        using (var first = await OpenAsync(store, keys))
        {
            await AddRecordAsync(store, first, "heads/x/1");
            await AddRecordAsync(store, first, "heads/x/2");
        }
        var forged = (await store.GetAsync("heads/x/2"))!.Content.ToArray();
        forged[^20] ^= 1;
        forged = RecoveryVault.Tests.Format.FormatSamples.RepairChecksum(forged);
        await store.PutAsync("heads/x/2", new(forged), PutCondition.Always);
        await RotateAsync(store, keys);
        using var keyring = await OpenAsync(store, keys);
        var renewal = new RecordRenewal(store, keyring);

        var renewed = 0;
        await foreach (var count in renewal.RenewAsync("heads/x/"))
            renewed += count;

        Assert.Equal(1, renewed);
        var after = (await store.GetAsync("heads/x/1"))!.Content.ToArray();
        Assert.True(RecordEnvelope.TryKeyIdOf(after, out var keyId));
        Assert.Equal(2u, keyId);
        Assert.Equal("{}"u8.ToArray(), RecordEnvelope.Open(after, RecordType.Head, keyring.Find));
        Assert.Equal(forged, (await store.GetAsync("heads/x/2"))!.Content.ToArray());
    }

    [Fact]
    public async Task Census_OfWhatRecordsOwe_NeedsTheKeyThatVouchesForIt()
    {
        var (store, keys) = await CreateAsync();
        using var keyring = await OpenAsync(store, keys);
        var note = new OwedNote(Guid.NewGuid(), Guid.NewGuid(), true, "Backup", "anna@here", default, NoDetails);
        var notes = new NoteSeals(keyring).Seal("owner", [note]);
        var item = ItemRecord.Enrolled(new ItemKey(VaultId.Create(), ItemId.Create()), 1) with { Owed = notes };
        await PutAsync(GrainRecords.ItemBlob(item.Key), JsonSerializer.SerializeToUtf8Bytes(item, RecordJson.Default.ItemRecord));
        Assert.Equal(1, await NeedsAsync());

        var vault = RecoveryVault.Tests.Vaults.VaultSamples.New() with { Owed = notes };
        await PutAsync(
            $"{GrainRecords.AllVaultBlobs}{vault.VaultId}.json",
            JsonSerializer.SerializeToUtf8Bytes(vault, RecordJson.Default.VaultRecord)
        );
        Assert.Equal(2, await NeedsAsync());

        Task PutAsync(string name, byte[] content) => store.PutAsync(name, new(content), PutCondition.IfAbsent);
        async Task<long> NeedsAsync()
        {
            var census = new PlatformKeyCensus(store);
            await census.TakeAsync();
            return census.NeedsOf(keyring.CurrentId).Records;
        }
    }
}
