using System.Buffers;
using System.Text;
using System.Text.Json;
using RecoveryVault.DataPath;
using RecoveryVault.Errors;
using RecoveryVault.Format;
using RecoveryVault.Items;
using RecoveryVault.Keys;
using RecoveryVault.Storage;
using RecoveryVault.Tests.Storage;

namespace RecoveryVault.Tests.DataPath;

/// <summary>Infrastructure encryption: everything of an item is sealed a second time, and nothing else is taken for its own.</summary>
public sealed class SecondLayerTests
{
    private const string StoreId = "22222222-2222-2222-2222-222222222222";

    private static readonly Dictionary<string, byte[]> Content = new() { ["a"] = ItemStage.Noise(1, 5000), ["b"] = new byte[20_000] };

    private readonly MemoryBlobStore _store = new();
    private readonly ItemStage _stage;

    public SecondLayerTests() => _stage = new ItemStage(_store) { HasSecondLayer = true };

    private async Task<string?> CodeOfRestoreAsync(RecoveryPointHead head, PlatformKeyring? keyring = null)
    {
        try
        {
            await using var session = await RestoreSession.OpenAsync(
                _store,
                _stage.OpenSecrets(keyring ?? ItemStage.Keyring.Value),
                _stage.Time
            );
            await session.ReadManifestAsync(head.Manifest, head.HeadHash);
            return null;
        }
        catch (VaultException refusal)
        {
            return refusal.Code;
        }
    }

    /// <summary>A keyring as it would be without its first key.</summary>
    private static async Task<PlatformKeyring> WithoutFirstKeyAsync()
    {
        var keys = new MemoryBlobStore();
        var json = JsonSerializer.Serialize(
            new
            {
                version = 1,
                storeId = StoreId,
                current = 2,
                keys = new[]
                {
                    new
                    {
                        id = 2,
                        createdAt = DateTimeOffset.UnixEpoch,
                        key = new byte[32],
                    },
                },
            }
        );
        await keys.PutAsync(PlatformKeyring.BlobName, new(Encoding.UTF8.GetBytes(json)), PutCondition.IfAbsent);
        return await PlatformKeyring.FindAsync(keys, StoreId) ?? throw new InvalidOperationException("It was just written.");
    }

    [Fact]
    [Trait("Requirement", "R48")]
    public async Task Restore_PlatformKeyLost_SaysSoBeforeAnything()
    {
        var head = await _stage.BackUpAsync(Content);
        using var keyring = await WithoutFirstKeyAsync();

        Assert.Equal(ErrorCodes.WrongPlatformKey, await CodeOfRestoreAsync(head, keyring));
        Assert.Null(await CodeOfRestoreAsync(head));
    }

    [Fact]
    public async Task BackUp_PlatformKeyLost_StoresAndDeletesNothing()
    {
        await _stage.BackUpAsync(Content);
        var before = await _store.ListNamesAsync();
        using var keyring = await WithoutFirstKeyAsync();

        var refusal = await Assert.ThrowsAsync<VaultException>(() =>
            BackupSession.OpenAsync(_store, _stage.OpenSecrets(keyring), _stage.Gate, _stage.Time)
        );

        Assert.Equal(ErrorCodes.WrongPlatformKey, refusal.Code);
        Assert.Equal(before, await _store.ListNamesAsync());
    }

    [Fact]
    [Trait("Requirement", "R48")]
    public async Task Manifest_OfOneLayerUnderTheRightDataKey_IsTampered()
    {
        var head = await _stage.BackUpAsync(Content);
        using var both = _stage.OpenSecrets();
        var body = await SealedObjects.FindAsync(_store, head.Manifest, ObjectType.Manifest, both, Manifest.MaxLength);
        using var dataKeyOnly = _stage.OpenSecrets(secondLayer: null);

        var forged = await SealedObjects.WriteAsync(_store, ObjectType.Manifest, dataKeyOnly, body, id => $"manifests/x/1-{id}");

        Assert.Equal(ErrorCodes.DataTampered, await CodeOfRestoreAsync(head with { Manifest = forged }));
        Assert.Equal(ErrorCodes.DataTampered, await CodeOfFindAsync(head.Manifest, dataKeyOnly));
    }

    private async Task<string> CodeOfFindAsync(string manifest, ItemSecrets secrets) =>
        (
            await Assert.ThrowsAsync<VaultException>(() =>
                SealedObjects.FindAsync(_store, manifest, ObjectType.Manifest, secrets, Manifest.MaxLength)
            )
        ).Code;

    /// <summary>A pack that whoever has the data key alone puts there offers nothing: its chunks are new to a backup.</summary>
    [Fact]
    public async Task Pack_OfOneLayer_IsNoPlaceForItsChunks()
    {
        var chunk = ItemStage.Noise(5, 700);
        var oneLayer = new ItemStage(_store) { HasSecondLayer = false };
        await using (var session = await oneLayer.OpenBackupAsync())
        {
            await ItemStage.PutAsync(session, chunk);
            await session.FlushAsync(default);
        }
        foreach (var run in await _store.ListNamesAsync("index/"))
            await _store.DeleteAsync(run);

        await using var own = await _stage.OpenBackupAsync();

        Assert.True((await own.FindNewAsync([new(RecoveryVault.Catalogues.Digest.Of(chunk), chunk.Length)], default))[0]);
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(2u)]
    [InlineData(uint.MaxValue)]
    public async Task Manifest_NamingAKeyThatNeverWas_IsTampered(uint platformKeyId)
    {
        var head = await _stage.BackUpAsync(Content);
        var manifest = (await _store.GetAsync(head.Manifest))?.Content.ToArray() ?? [];
        BitConverter.TryWriteBytes(manifest.AsSpan(112), platformKeyId);
        manifest = RecoveryVault.Tests.Format.FormatSamples.Repair(manifest);
        await _store.PutAsync(head.Manifest, new ReadOnlySequence<byte>(manifest), PutCondition.Always);

        Assert.Equal(ErrorCodes.DataTampered, await CodeOfRestoreAsync(head));
    }

    [Fact]
    [Trait("Requirement", "R48")]
    public async Task BackUp_SealsEveryObjectTwice_AndRestores()
    {
        var first = await _stage.BackUpAsync(Content);
        var changed = new Dictionary<string, byte[]>(Content) { ["c"] = ItemStage.Noise(3, 4000) };
        var second = await _stage.Reopen(_store).BackUpAsync(changed);

        await _stage.AssertRestoresAsync(first, Content);
        await _stage.AssertRestoresAsync(second, changed);
        foreach (var folder in (string[])["packs/", "index/", "manifests/"])
        foreach (var name in await _store.ListNamesAsync(folder))
        {
            var header = ObjectHeader.Read((await _store.GetAsync(name))!.Content.Span);
            Assert.Equal((ObjectSuite.Infrastructure, 1u), (header.Suite, header.PlatformKeyId));
        }
    }
}
