using RecoveryVault.Errors;
using RecoveryVault.Format;
using RecoveryVault.Items;
using RecoveryVault.Keys;
using RecoveryVault.Tests.Keys.Local;

namespace RecoveryVault.Tests.Keys;

public sealed class KeyWrappingTests : IAsyncLifetime
{
    private KeyRingStage _stage = null!;

    public async Task InitializeAsync() => _stage = await KeyRingStage.CreateAsync();

    public Task DisposeAsync()
    {
        _stage.Dispose();
        return Task.CompletedTask;
    }

    private async Task<RingEpoch> WrapAsync(KeyEncryptionKey kek)
    {
        using var dek = DataKey.Create(_stage.Item.VaultId, _stage.Item.ItemId, 1);
        var (algorithm, wrapped) = await _stage.Wrapping.WrapAsync(kek, dek);
        return new RingEpoch(1, kek.KeyId, algorithm, kek.Thumbprint, wrapped, dek.Commit(), []);
    }

    [Theory]
    [InlineData(KeyVaultFault.Unreachable, KeyVaultVerdict.Unreachable, ErrorCodes.KeyVaultUnreachable)]
    [InlineData(KeyVaultFault.Throttled, KeyVaultVerdict.Unreachable, ErrorCodes.KeyVaultUnreachable)]
    [InlineData(KeyVaultFault.Unauthorized, KeyVaultVerdict.Unreachable, ErrorCodes.KeyVaultUnreachable)]
    [InlineData(KeyVaultFault.NoPermission, KeyVaultVerdict.Denied, ErrorCodes.UserErrorCMKMissingMangedIdentityPermissionOnKeyVault)]
    [InlineData(KeyVaultFault.KeyDisabled, KeyVaultVerdict.Denied, ErrorCodes.UserErrorCMKKeyDisabled)]
    [InlineData(KeyVaultFault.KeyExpired, KeyVaultVerdict.Denied, ErrorCodes.UserErrorCMKKeyExpired)]
    [InlineData(KeyVaultFault.KeyNotYetValid, KeyVaultVerdict.Denied, ErrorCodes.UserErrorCMKKeyNotYetValid)]
    [InlineData(KeyVaultFault.OperationForbidden, KeyVaultVerdict.Denied, ErrorCodes.UserErrorCMKKeyOperationNotPermitted)]
    [InlineData(KeyVaultFault.KeyNotFound, KeyVaultVerdict.Denied, ErrorCodes.UserErrorCMKKeyVaultAuthFailure)]
    [InlineData(KeyVaultFault.ForbiddenByFirewall, KeyVaultVerdict.Denied, ErrorCodes.UserErrorCMKKeyVaultAuthFailure)]
    [InlineData(KeyVaultFault.BadParameter, KeyVaultVerdict.BadRequest, ErrorCodes.WrongKey)]
    public async Task Wrap_FailingKeyVault_HasThatVerdictAndCode(KeyVaultFault fault, KeyVaultVerdict verdict, string code)
    {
        var kek = await _stage.NewKekAsync();
        var epoch = await WrapAsync(kek);
        _stage.Traffic.Fail(KeyVaultStage.Host, fault);

        foreach (
            var call in new Func<Task>[] { () => WrapAsync(kek), () => _stage.Wrapping.UnwrapAsync(_stage.Item, epoch, kek.PrincipalId) }
        )
        {
            var thrown = await Assert.ThrowsAsync<KeyVaultException>(call);
            Assert.Equal((verdict, code), (thrown.Verdict, KeyVaultRefusals.CodeOf(thrown)));
            Assert.Contains(kek.KeyId, thrown.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Unwrap_WrapByAnotherVersion_IsABadRequestAndNoRevocation()
    {
        var (v1, v2) = (await _stage.NewKekAsync(), await _stage.NewKekAsync());
        var epoch = await WrapAsync(v1) with { KeyId = v2.KeyId };

        var fault = await Assert.ThrowsAsync<KeyVaultException>(() => _stage.Wrapping.UnwrapAsync(_stage.Item, epoch, v2.PrincipalId));

        Assert.Equal(KeyVaultVerdict.BadRequest, fault.Verdict);
    }

    [Fact]
    public async Task Unwrap_PlatformWrapOfAnotherPlace_IsTheWrongKey()
    {
        var epoch = await WrapAsync(_stage.Platform);
        var other = _stage.Item with { ItemId = ItemId.Create() };

        var byItem = await Assert.ThrowsAsync<VaultException>(() => _stage.Wrapping.UnwrapAsync(other, epoch, ""));
        var byEpoch = await Assert.ThrowsAsync<VaultException>(() =>
            _stage.Wrapping.UnwrapAsync(_stage.Item, epoch with { DekEpoch = 2 }, "")
        );

        Assert.Equal((ErrorCodes.WrongKey, ErrorCodes.WrongKey), (byItem.Code, byEpoch.Code));
    }

    [Fact]
    public async Task Unwrap_PlatformWrapOfWrongLength_IsTampered()
    {
        var epoch = await WrapAsync(_stage.Platform) with { WrappedDek = new byte[59] };

        var refusal = await Assert.ThrowsAsync<VaultException>(() => _stage.Wrapping.UnwrapAsync(_stage.Item, epoch, ""));

        Assert.Equal(ErrorCodes.RecordTampered, refusal.Code);
    }

    [Fact]
    public async Task Unwrap_PlatformKeyThatIsNotThere_IsTheWrongPlatformKey()
    {
        var epoch = await WrapAsync(_stage.Platform) with { KeyId = KeyVersions.Platform(7) };

        var refusal = await Assert.ThrowsAsync<VaultException>(() => _stage.Wrapping.UnwrapAsync(_stage.Item, epoch, ""));

        Assert.Equal(ErrorCodes.WrongPlatformKey, refusal.Code);
    }

    [Fact]
    [Trait("Requirement", "R37")]
    public void Connector_HostThatIsNoKeyVaultOfOurs_IsRefused()
    {
        foreach (
            var host in (string[])
                [
                    "vault.localhost.example.org",
                    "localhost",
                    "vault.azure.net",
                    "a.b.vault.azure.net",
                    "kv1.vault.azure.net:8443",
                    "kv1.vault.localhost:8443",
                    "evilvault.azure.net",
                    "kv1.vault.azure.net.example.org",
                ]
        )
        {
            var refusal = Assert.Throws<VaultException>(() => _stage.Connector.Open(KeyId.Parse($"https://{host}/keys/kek"), "p"));
            Assert.Equal(ErrorCodes.UserErrorCMKInvalidKeyUri, refusal.Code);
        }
    }
}
