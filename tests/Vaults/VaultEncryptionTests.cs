using RecoveryVault.Errors;
using RecoveryVault.Keys;
using RecoveryVault.Vaults;
using static RecoveryVault.Tests.Vaults.VaultSamples;

namespace RecoveryVault.Tests.Vaults;

/// <summary>The life of a vault's encryption settings, without Orleans.</summary>
public sealed class VaultEncryptionTests
{
    private const string Second = "00000000000000000000000000000002";
    private const string Third = "00000000000000000000000000000003";

    [Fact]
    [Trait("Requirement", "R1")]
    public void R1_NewVault_HasPlatformManagedKeys()
    {
        var shown = New().ToEncryptionSummary();

        Assert.Equal(EncryptionTypes.MicrosoftManaged, shown.EncryptionAtRestType);
        Assert.Equal(UpdateStatuses.NotEnabled, shown.LastUpdateStatus);
        Assert.Null(shown.KeyUri);
        Assert.Null(shown.KeyVersion);
    }

    [Fact]
    [Trait("Requirement", "R10")]
    public void R10_VaultWithItem_IsRefused() =>
        Assert.Equal(
            ErrorCodes.UserErrorCMKVaultHasProtectedItems,
            CodeOf(() => New().WithIdentity().WithItem().RequireKeyChange(Update(Key.ToString())))
        );

    [Fact]
    [Trait("Requirement", "R11")]
    public void R11_AttemptThatLeftNoItem_IsRefusedForEver()
    {
        var attempted = New().WithIdentity().Attempt(Guid.NewGuid(), Now);
        var first = attempted.Settings.FirstAttempt;

        Assert.Equal(ErrorCodes.UserErrorCMKProtectionAttempted, CodeOf(() => attempted.RequireKeyChange(Update(Key.ToString()))));
        Assert.Same(attempted, attempted.Attempt(Guid.NewGuid(), Now.AddDays(1)));
        Assert.Equal(first, attempted.Move(new MoveVault(Guid.NewGuid(), "rg", null)).RemoveSystemIdentity().Settings.FirstAttempt);
    }

    [Fact]
    [Trait("Requirement", "R11")]
    public void R11_AttemptBetweenLookAndAssignment_IsSeenByTheAssignment()
    {
        var seen = New().WithIdentity();
        var raced = seen.Attempt(Guid.NewGuid(), Now);

        Assert.Equal(ErrorCodes.UserErrorCMKProtectionAttempted, CodeOf(() => raced.AssignKey(Key, null, Facts, seen, Now)));
    }

    [Fact]
    public void Assign_IdentityOrKeyChangedSinceTheLook_IsRefused()
    {
        var seen = New().WithIdentity();
        var other = seen.RemoveSystemIdentity().AssignSystemIdentity(Guid.NewGuid().ToString());
        Assert.Equal(ErrorCodes.ConcurrentChange, CodeOf(() => other.AssignKey(Key, null, Facts, seen, Now)));

        var assigned = seen.WithKey(Second);
        Assert.Equal(ErrorCodes.ConcurrentChange, CodeOf(() => assigned.AssignKey(Key, null, Facts, seen, Now)));
    }

    [Fact]
    [Trait("Requirement", "R12")]
    public void R12_AfterAnAttempt_PlatformKeysGoOn()
    {
        var vault = New().Attempt(Guid.NewGuid(), Now).WithItem();

        Assert.Equal("platform:1", vault.Settings.Encryption.Current.KeyId);
        Assert.Equal(EncryptionTypes.MicrosoftManaged, vault.ToEncryptionSummary().EncryptionAtRestType);
        Assert.Single(vault.Roster);
    }

    [Theory]
    [Trait("Requirement", "R13")]
    [InlineData(EncryptionTypes.MicrosoftManaged, "https://kv1.vault.localhost/keys/kek")]
    [InlineData(EncryptionTypes.MicrosoftManaged, null)]
    [InlineData(EncryptionTypes.CustomerManaged, null)]
    public void R13_NoRequest_BringsPlatformKeysBack(string type, string? uri)
    {
        var vault = New().WithIdentity().WithKey();
        var request = Update(uri) with { EncryptionAtRestType = type };

        Assert.Equal(ErrorCodes.UserErrorCMKCannotRevertToPMK, CodeOf(() => vault.RequireKeyChange(request)));
    }

    [Fact]
    [Trait("Requirement", "R14")]
    public void R14_Key_MayChangeAtAnyTime()
    {
        var vault = New().WithIdentity().WithKey();
        var other = KeyId.Parse("https://other.vault.localhost/keys/kek2");
        Assert.Equal(other, vault.WithItem().RequireKeyChange(Update(other.ToString())));

        var empty = vault.WithKey(Second);
        Assert.Null(empty.Settings.Encryption.Previous);
        Assert.Equal(3, empty.Settings.Encryption.Current.Generation);

        var full = vault.WithItem().WithKey(Second);
        Assert.Equal(FirstVersion, full.ToEncryptionSummary().PreviousKeyVersion);
        Assert.Equal(ErrorCodes.RotationBlocked, CodeOf(() => full.WithKey(Third)));
        Assert.Equal(
            Third,
            full.FinishRotation(full.Settings.Encryption.Current.Generation).WithKey(Third).ToEncryptionSummary().KeyVersion
        );
    }

    [Fact]
    [Trait("Requirement", "R24")]
    public void R24_SystemIdentity_HasPrincipalTenantAndType()
    {
        Assert.Equal(IdentityTypes.None, New().ToIdentity().Type);

        var identity = New().WithIdentity().ToIdentity();
        Assert.Equal((IdentityTypes.SystemAssigned, Principal, "tenant"), (identity.Type, identity.PrincipalId, identity.TenantId));
        var vault = New().WithIdentity();
        Assert.Same(vault, vault.AssignSystemIdentity("another"));
    }

    [Fact]
    public void RemoveIdentity_ThatOpensTheKey_IsRefused()
    {
        Assert.Equal(ErrorCodes.UserErrorCMKIdentityInUse, CodeOf(() => New().WithIdentity().WithKey().RemoveSystemIdentity()));
        Assert.Null(New().WithIdentity().RemoveSystemIdentity().Settings.SystemPrincipalId);
    }

    [Fact]
    [Trait("Requirement", "R40")]
    [Trait("Requirement", "R41")]
    public void R40_R41_UriForm_DecidesWhetherRotationIsFollowed()
    {
        var vault = New().WithIdentity();
        var pinned = Key.WithVersion(FirstVersion);

        Assert.True(vault.WithKey(uri: Key).ToEncryptionSummary().AutoRotation);
        Assert.False(vault.WithKey(uri: pinned).ToEncryptionSummary().AutoRotation);
        Assert.True(vault.WithKey(uri: pinned).WithKey(uri: Key).ToEncryptionSummary().AutoRotation);
        Assert.False(vault.WithKey(uri: Key).WithKey(uri: pinned).ToEncryptionSummary().AutoRotation);
    }

    [Theory]
    [Trait("Requirement", "R42")]
    [InlineData(null)]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("kek")]
    [InlineData("http://kv1.vault.localhost/keys/kek")]
    [InlineData("HTTPS://kv1.vault.localhost/keys/kek")]
    [InlineData("https:///keys/kek")]
    [InlineData("https://kv1.vault.localhost/keys/")]
    [InlineData("https://kv1.vault.localhost/keys/kek/")]
    [InlineData("https://kv1.vault.localhost//keys/kek")]
    [InlineData("https://kv1.vault.localhost/secrets/kek")]
    [InlineData("https://kv1.vault.localhost/certificates/kek")]
    [InlineData("https://kv1.vault.localhost/Keys/kek")]
    [InlineData("https://kv1.vault.localhost/kek")]
    [InlineData(" https://kv1.vault.localhost/keys/kek")]
    [InlineData("https://kv1.vault.localhost/keys/kek ")]
    [InlineData("https://kv1.vault.localhost/keys/kek\n")]
    [InlineData("https://kv1.vault.localhost/keys/k ek")]
    [InlineData("https://kv1.vault.localhost/keys/k_ek")]
    [InlineData("https://kv1.vault.localhost/keys/k%65k")]
    [InlineData("https://kv1.vault.localhost/keys/schlüssel")]
    [InlineData("https://kv1.vault.localhost/keys/../keys/kek")]
    [InlineData("https://kv1.vault.localhost/keys/kek?api-version=7.6")]
    [InlineData("https://kv1.vault.localhost/keys/kek#x")]
    [InlineData("https://user@kv1.vault.localhost/keys/kek")]
    [InlineData("https://kv1.vault.localhost:0/keys/kek")]
    [InlineData("https://kv1.vault.localhost:/keys/kek")]
    [InlineData("https://kv1.vault.localhost./keys/kek")]
    [InlineData("https://kv1..localhost/keys/kek")]
    [InlineData("https://kv1.vault.localhost/keys/kek/latest")]
    [InlineData("https://kv1.vault.localhost/keys/kek/0123456789ABCDEF0123456789ABCDEF")]
    [InlineData("https://kv1.vault.localhost/keys/kek/0123456789abcdef0123456789abcde")]
    [InlineData("https://kv1.vault.localhost/keys/kek/0123456789abcdef0123456789abcdef0")]
    [InlineData("https://kv1.vault.localhost/keys/kek/0123456789abcdef0123456789abcdef/")]
    public void R42_MalformedUri_IsRefusedBeforeAnythingElse(string? uri)
    {
        // Also where other preconditions are violated: this one needs no look at anything.
        Assert.Equal(ErrorCodes.UserErrorCMKInvalidKeyUri, CodeOf(() => New().WithItem().RequireKeyChange(Update(uri))));
    }

    [Fact]
    [Trait("Requirement", "R42")]
    public void R42_UriBeyondEveryLimit_IsRefused()
    {
        var labels = string.Join('.', Enumerable.Repeat(new string('a', 63), 200));
        Assert.False(KeyId.TryParse($"https://{labels}/keys/kek", out _));
        Assert.False(KeyId.TryParse($"https://kv1.vault.localhost/keys/{new string('k', 128)}", out _));
        Assert.True(KeyId.TryParse($"https://kv1.vault.localhost/keys/{new string('k', 127)}/{FirstVersion}", out _));
    }

    [Fact]
    [Trait("Requirement", "R45")]
    public void R45_AssignedKey_IsShownInAzuresShape()
    {
        var vault = New().WithIdentity();
        var shown = vault.AssignKey(Key, "sub-1", Facts, vault, Now).ToEncryptionSummary();

        Assert.Equal(EncryptionTypes.CustomerManaged, shown.EncryptionAtRestType);
        Assert.Equal(Key.ToString(), shown.KeyUri);
        Assert.Equal(FirstVersion, shown.KeyVersion);
        Assert.Equal("sub-1", shown.SubscriptionId);
        Assert.Equal(UpdateStatuses.Succeeded, shown.LastUpdateStatus);
        Assert.Equal("Disabled", shown.InfrastructureEncryptionState);
        Assert.Equal(IdentityTypes.SystemAssigned, shown.Identity);
    }

    [Fact]
    [Trait("Requirement", "R46")]
    public void R46_FailedUpdate_ChangesTheStatusOnly()
    {
        var vault = New().WithIdentity().WithKey();
        var failed = vault.FailKeyUpdate();

        Assert.Equal(UpdateStatuses.Failed, failed.ToEncryptionSummary().LastUpdateStatus);
        Assert.Equal(vault.ToEncryptionSummary() with { LastUpdateStatus = UpdateStatuses.Failed }, failed.ToEncryptionSummary());
        Assert.Same(failed, failed.FailKeyUpdate());
        Assert.Equal(UpdateStatuses.Succeeded, failed.WithKey().ToEncryptionSummary().LastUpdateStatus);
    }

    [Fact]
    [Trait("Requirement", "R47")]
    public void R47_SameKeyAgain_KeepsTheGeneration()
    {
        var vault = New().WithIdentity().WithKey();
        var again = vault.WithKey();

        Assert.Equal(vault.Settings.Encryption.Current, again.Settings.Encryption.Current);
        Assert.Equal(vault.Settings.Encryption.History, again.Settings.Encryption.History);
        var rotating = vault.WithItem().WithKey(Second);
        Assert.Equal(rotating.Settings.Encryption.Previous, rotating.WithKey(Second).Settings.Encryption.Previous);
    }
}
