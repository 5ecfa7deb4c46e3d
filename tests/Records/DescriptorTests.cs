using System.Buffers;
using RecoveryVault.Errors;
using RecoveryVault.Keys;
using RecoveryVault.Records;
using RecoveryVault.Storage;
using RecoveryVault.Tests.Storage;
using RecoveryVault.Tests.Vaults;
using RecoveryVault.Vaults;

namespace RecoveryVault.Tests.Records;

/// <summary>A vault's record has no MAC; the descriptor it names has, and gives every edit of the settings away.</summary>
public sealed class DescriptorTests : IAsyncLifetime
{
    private readonly MemoryBlobStore _store = new();
    private PlatformKeyring _keyring = null!;
    private Descriptors _descriptors = null!;
    private VaultRecord _vault = VaultSamples.New().WithIdentity();

    public async Task InitializeAsync()
    {
        _keyring = await PlatformKeyring.CreateAsync(new MemoryBlobStore(), "store", TimeProvider.System);
        _descriptors = new Descriptors(new AuthenticatedRecords(_store, _keyring));
        _vault = _vault with { Descriptor = await _descriptors.WriteAsync(_vault.VaultId, 1, _vault.Settings) };
    }

    public Task DisposeAsync()
    {
        _keyring.Dispose();
        return Task.CompletedTask;
    }

    private async Task<string?> VerifyAsync(VaultRecord record, VaultId? vaultId = null)
    {
        try
        {
            await _descriptors.VerifyAsync(vaultId ?? _vault.VaultId, record);
            return null;
        }
        catch (VaultException refusal)
        {
            return refusal.Code;
        }
    }

    [Fact]
    public async Task Verify_UntouchedRecord_Passes()
    {
        Assert.Null(await VerifyAsync(_vault));
        var json = new RecordSerializer();
        Assert.Null(await VerifyAsync(json.Deserialize<VaultRecord>(json.Serialize(_vault))!));
    }

    [Fact]
    public async Task Verify_AnySettingEdited_IsTampered()
    {
        var settings = _vault.Settings;
        VaultSettings[] edits =
        [
            settings with
            {
                Name = "other",
            },
            settings with
            {
                Location = "eastus",
            },
            settings with
            {
                SystemPrincipalId = null,
            },
            settings with
            {
                SystemPrincipalId = "attacker",
            },
            settings with
            {
                FirstAttempt = new ProtectionAttempt(VaultSamples.Now, Guid.NewGuid()),
            },
            settings with
            {
                Deleted = true,
            },
            settings with
            {
                Tags = settings.Tags.Add("a", "b"),
            },
            settings with
            {
                Encryption = settings.Encryption with { KeyUri = VaultSamples.Key.ToString() },
            },
            settings with
            {
                Encryption = settings.Encryption with { Current = settings.Encryption.Current with { Generation = 0 } },
            },
            settings with
            {
                Encryption = settings.Encryption with { History = [] },
            },
        ];
        foreach (var edited in edits)
            Assert.Equal(ErrorCodes.RecordTampered, await VerifyAsync(_vault with { Settings = edited }));
    }

    [Fact]
    public async Task Verify_DescriptorOfAnotherVaultOrNone_IsTampered()
    {
        var other = VaultSamples.New();
        other = other with { Descriptor = await _descriptors.WriteAsync(other.VaultId, 1, other.Settings) };

        Assert.Equal(
            ErrorCodes.RecordTampered,
            await VerifyAsync(_vault with { Descriptor = other.Descriptor, Settings = other.Settings })
        );
        Assert.Equal(ErrorCodes.RecordTampered, await VerifyAsync(other));
        Assert.Equal(ErrorCodes.RecordTampered, await VerifyAsync(_vault with { Descriptor = null }));
    }

    [Fact]
    public async Task Verify_DescriptorGoneFlippedOrForged_IsNamed()
    {
        var name = _vault.Descriptor!.Name;
        var blob = await _store.GetAsync(name);
        var flipped = blob!.Content.ToArray();
        flipped[40] ^= 1;
        await _store.PutAsync(name, new ReadOnlySequence<byte>(flipped), PutCondition.Always);
        Assert.Equal(ErrorCodes.DataBitRot, await VerifyAsync(_vault));

        using var foreign = await PlatformKeyring.CreateAsync(new MemoryBlobStore(), "store", TimeProvider.System);
        var forger = new Descriptors(new AuthenticatedRecords(_store, foreign));
        var forged = _vault with { Descriptor = await forger.WriteAsync(_vault.VaultId, 2, _vault.Settings) };
        Assert.Equal(ErrorCodes.RecordTampered, await VerifyAsync(forged));

        await _store.DeleteAsync(name);
        Assert.Equal(ErrorCodes.DataMissing, await VerifyAsync(_vault));
    }
}
