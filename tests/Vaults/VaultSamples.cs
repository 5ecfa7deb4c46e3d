using RecoveryVault.Errors;
using RecoveryVault.Items;
using RecoveryVault.Keys;
using RecoveryVault.Vaults;

namespace RecoveryVault.Tests.Vaults;

/// <summary>Vault records and looks at keys as the tests of the pure rules need them.</summary>
internal static class VaultSamples
{
    public const string Host = "kv1.vault.localhost";
    public const string Principal = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee";
    public const string FirstVersion = "00000000000000000000000000000001";

    public static readonly DateTimeOffset Now = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    public static KeyId Key => KeyId.Parse($"https://{Host}/keys/kek");

    public static KeyProperties Properties => new(Key.WithVersion(FirstVersion), true, Now.AddDays(-1), null, null, "Recoverable");

    /// <summary>A look at a key that meets everything for a vault in "westeurope".</summary>
    public static KeyFacts Facts =>
        new()
        {
            Requested = Key,
            Key = new KeyVaultKey(Properties, "RSA", 2048, ["wrapKey", "unwrapKey"], new string('a', 64), "westeurope"),
        };

    public static VaultRecord New(string location = "westeurope") =>
        VaultRecord.Create(
            VaultId.Create(),
            new CreateVault
            {
                OperationId = Guid.NewGuid(),
                Name = "docs",
                Location = location,
            },
            "tenant",
            "platform:1",
            Now
        );

    public static VaultRecord WithIdentity(this VaultRecord vault) => vault.AssignSystemIdentity(Principal);

    public static VaultRecord WithKey(this VaultRecord vault, string version = FirstVersion, KeyId? uri = null)
    {
        var facts = FactsOf(version);
        return vault.AssignKey(uri ?? Key, null, facts, vault, Now);
    }

    public static KeyFacts FactsOf(string version) => Facts.With(p => p with { Id = Key.WithVersion(version) });

    public static VaultRecord WithItem(this VaultRecord vault) => vault.Attempt(Guid.NewGuid(), Now).Enrol(ItemId.Create());

    public static KeyFacts With(this KeyFacts facts, Func<KeyProperties, KeyProperties> change) =>
        facts.Key is { } key ? facts with { Key = key with { Properties = change(key.Properties) } } : facts;

    public static KeyVaultException Fault(KeyVaultFault fault, int status = 403) => new(fault, status, "Forbidden", null, $"{fault}.");

    public static UpdateEncryption Update(string? uri) => new() { OperationId = Guid.NewGuid(), KeyUri = uri };

    /// <summary>The code of the refusal, or null when there was none.</summary>
    public static string? CodeOf(Action action)
    {
        try
        {
            action();
            return null;
        }
        catch (VaultException refusal)
        {
            return refusal.Code;
        }
    }
}
