using System.Security.Cryptography;
using Microsoft.Extensions.Time.Testing;
using RecoveryVault.Items;
using RecoveryVault.Keys;
using RecoveryVault.Keys.Local;
using RecoveryVault.Records;
using RecoveryVault.Storage;
using RecoveryVault.Tests.Keys.Local;
using RecoveryVault.Tests.Storage;
using RecoveryVault.Vaults;

namespace RecoveryVault.Tests.Keys;

/// <summary>Rings of one item on a store in memory, with a platform keyring and a key vault whose principal may wrap and unwrap.</summary>
internal sealed class KeyRingStage : IDisposable
{
    private KeyRingStage(KeyVaultStage keyVault, PlatformKeyring keyring)
    {
        (KeyVault, Keyring) = (keyVault, keyring);
        Traffic = new WatchedKeyVaults((host, principal) => keyVault.Vaults.Open(host, principal));
        Connector = new KeyVaultConnector(Traffic.Open, Traffic.Open);
        Wrapping = new KeyWrapping(Connector, keyring);
        Cache = new DekCache(keyVault.Time);
        Records = new AuthenticatedRecords(Store, keyring);
        Rings = new KeyRings(Store, Records, Wrapping, Cache);
    }

    public KeyVaultStage KeyVault { get; }

    public PlatformKeyring Keyring { get; }

    public MemoryBlobStore Store { get; } = new();

    public WatchedKeyVaults Traffic { get; }

    public KeyVaultConnector Connector { get; }

    public KeyWrapping Wrapping { get; }

    public DekCache Cache { get; }

    public AuthenticatedRecords Records { get; }

    public KeyRings Rings { get; }

    public ItemKey Item { get; } = new(VaultId.Create(), ItemId.Create());

    public FakeTimeProvider Time => KeyVault.Time;

    public KeyEncryptionKey Platform => new(KeyVersions.Platform(Keyring.CurrentId), "", "");

    public static async Task<KeyRingStage> CreateAsync()
    {
        var keyVault = await KeyVaultStage.CreateAsync();
        await keyVault.AllowAsync("get", "list", "wrapKey", "unwrapKey");
        return new KeyRingStage(
            keyVault,
            await PlatformKeyring.CreateAsync(new MemoryBlobStore(), Guid.NewGuid().ToString(), keyVault.Time)
        );
    }

    /// <summary>A new key version, as a KEK.</summary>
    public async Task<KeyEncryptionKey> NewKekAsync()
    {
        var id = KeyVaultStage.IdOf(await KeyVault.CreateRsaAsync());
        var key = await KeyVault.Principal.GetKeyAsync(id.Name, id.Version);
        return new KeyEncryptionKey(id.ToString(), key.PublicKeyThumbprint, KeyVaultStage.Identity);
    }

    public Task EnableAsync(string keyId, bool enabled)
    {
        var id = KeyId.Parse(keyId);
        return KeyVault.Owner.UpdateKeyAsync(id.Name, id.Version, new KeyUpdate { Enabled = enabled });
    }

    public async Task<byte[]> ReadAsync(string name) =>
        (await Store.GetAsync(name))?.Content.ToArray() ?? throw new InvalidOperationException($"'{name}' is missing.");

    public Task WriteAsync(string name, byte[] content) => Store.PutAsync(name, new(content), PutCondition.Always);

    /// <summary>The newest data key in the clear, as only a test may have it.</summary>
    public async Task<byte[]> UnwrapAsync(KeyRing ring)
    {
        using var secret = await Wrapping.UnwrapAsync(Item, ring.Newest, KeyVaultStage.Identity);
        return secret.Span.ToArray();
    }

    /// <summary>Wraps as an attacker would: with the public key alone.</summary>
    public async Task<byte[]> WrapOutsideAsync(string keyId, byte[] dek)
    {
        var id = KeyId.Parse(keyId);
        var bundle = await KeyVault.Owner.GetKeyBundleAsync(id.Name, id.Version);
        using var rsa = RSA.Create(new RSAParameters { Modulus = Base64Url(bundle.Key.N ?? ""), Exponent = Base64Url(bundle.Key.E ?? "") });
        return rsa.Encrypt(dek, RSAEncryptionPadding.OaepSHA256);
    }

    public void Dispose()
    {
        Cache.Dispose();
        Keyring.Dispose();
    }

    private static byte[] Base64Url(string text) => System.Buffers.Text.Base64Url.DecodeFromChars(text);
}
