using Microsoft.Extensions.Time.Testing;
using RecoveryVault.Errors;
using RecoveryVault.Items;
using RecoveryVault.Keys;
using RecoveryVault.Tests.Format;

namespace RecoveryVault.Tests.Keys;

public sealed class KeyPermitTests
{
    private readonly FakeTimeProvider _time = new();

    private static string CodeOf(KeyPermit permit) => Assert.Throws<VaultException>(permit.Require).Code;

    [Fact]
    public void Permit_NotConfirmedForTenMinutes_Lapses_UntilItIs()
    {
        var permit = new KeyPermit(_time, _time.GetTimestamp());
        _time.Advance(DekCache.TimeToLive - TimeSpan.FromTicks(1));
        permit.Require();
        _time.Advance(TimeSpan.FromTicks(1));

        Assert.Equal(ErrorCodes.KeyVaultUnreachable, CodeOf(permit));

        permit.Confirm();
        permit.Require();
    }

    [Fact]
    public void Permit_Revoked_SaysWhy_AndIsNeverConfirmedAgain()
    {
        var permit = new KeyPermit(_time, _time.GetTimestamp());
        permit.Revoke(new VaultException(ErrorCodes.UserErrorCMKKeyDisabled, "Disabled."));
        permit.Confirm();

        Assert.Equal(ErrorCodes.UserErrorCMKKeyDisabled, CodeOf(permit));
    }

    [Fact]
    public async Task Permit_OfACachedKey_IsAsOldAsItsUnwrap()
    {
        using var cache = new DekCache(_time);
        var item = new ItemKey(FormatSamples.Vault, FormatSamples.Item);
        async Task LeaseAsync() =>
            (await cache.LeaseAsync(new DekId(item, 1, 1, "c0"), "v1", () => Task.FromResult(FormatSamples.Secret(1)))).Dispose();
        await LeaseAsync();
        _time.Advance(TimeSpan.FromMinutes(7));

        await LeaseAsync();

        Assert.Equal(TimeSpan.FromMinutes(7), cache.PermitFor(item).Age);
    }
}
