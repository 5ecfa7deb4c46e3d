using Microsoft.Extensions.Time.Testing;
using RecoveryVault.Keys;
using RecoveryVault.Keys.Local;
using RecoveryVault.Storage;
using RecoveryVault.Tests.Storage;

namespace RecoveryVault.Tests.Keys.Local;

/// <summary>A keys store with one key vault "kv1", its owner, and a clock that stands still at a whole second.</summary>
internal sealed class KeyVaultStage
{
    public const string Host = "kv1.vault.localhost";
    public const string Tenant = "11111111-2222-3333-4444-555555555555";
    public const string Identity = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee";

    public static readonly DateTimeOffset Start = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    private KeyVaultStage(IBlobStore store) => (Store, Vaults) = (store, new(store, Time, Tenant, RsaKeyPool.Take));

    public IBlobStore Store { get; }

    public FakeTimeProvider Time { get; } = new(Start);

    public LocalKeyVaults Vaults { get; }

    public LocalKeyVault Owner => Vaults.Open(Host, KeyVaultCaller.Owner);

    public IKeyVault Principal => Vaults.Open(Host, Identity);

    public static async Task<KeyVaultStage> CreateAsync(
        bool softDelete = true,
        bool purgeProtection = false,
        int retentionDays = 90,
        bool rbac = false,
        IBlobStore? store = null
    )
    {
        var stage = new KeyVaultStage(store ?? new MemoryBlobStore());
        await stage.Vaults.CreateAsync(
            new()
            {
                Name = "kv1",
                Location = "westeurope",
                EnableSoftDelete = softDelete,
                EnablePurgeProtection = purgeProtection,
                RetentionDays = retentionDays,
                EnableRbacAuthorization = rbac,
            }
        );
        return stage;
    }

    /// <summary>Other processes on the same store.</summary>
    public LocalKeyVaults Restart() => new(Store, Time, Tenant, RsaKeyPool.Take);

    public Task AllowAsync(params string[] permissions) => Vaults.SetPolicyAsync("kv1", Identity, permissions);

    public Task<KeyBundle> CreateRsaAsync(string name = "kek") => Owner.CreateKeyAsync(name, new() { Kty = "RSA" });

    /// <summary>"200", or status and inner code (outer code where there is none).</summary>
    public static async Task<string> OutcomeOf(Func<Task> call)
    {
        try
        {
            await call();
            return "200";
        }
        catch (KeyVaultException refused)
        {
            return $"{refused.Status} {refused.InnerCode ?? refused.Code}";
        }
    }

    public static KeyId IdOf(KeyBundle bundle) => KeyId.Parse(bundle.Key.Kid);

    public static string VersionOf(KeyBundle bundle) =>
        IdOf(bundle).Version ?? throw new InvalidOperationException("A bundle's kid has a version.");
}
