using Microsoft.Extensions.Time.Testing;
using RecoveryVault.Errors;
using RecoveryVault.Items;
using RecoveryVault.Keys;
using RecoveryVault.Tests.Format;

namespace RecoveryVault.Tests.Keys;

public sealed class KeyPermitTests
{
    private static readonly TimeSpan Tick = TimeSpan.FromTicks(1);

    private readonly FakeTimeProvider _time = new();

    private static string CodeOf(KeyPermit permit) => Assert.Throws<VaultException>(permit.Require).Code;

    private static async Task<string> CodeOfUseAsync(KeyPermit permit) =>
        (await Assert.ThrowsAsync<VaultException>(() => permit.RequireAsync().AsTask())).Code;

    private KeyPermit New() => new(_time, _time.GetTimestamp());

    [Fact]
    public void Permit_NotRenewedForHalfAMinute_Lapses_UntilItIs()
    {
        var permit = New();
        _time.Advance(KeyPermit.Lifetime - Tick);
        permit.Require();
        _time.Advance(Tick);

        Assert.Equal(ErrorCodes.KeyPermitLapsed, CodeOf(permit));
        permit.Obstruct(new VaultException(ErrorCodes.StoreUnavailable, "The vault's record cannot be read."));
        Assert.Equal(ErrorCodes.StoreUnavailable, CodeOf(permit));

        permit.Renew(_time.GetTimestamp());
        permit.Require();
        _time.Advance(KeyPermit.Lifetime);
        Assert.Equal(ErrorCodes.KeyPermitLapsed, CodeOf(permit));
    }

    [Fact]
    public void Renewal_LongOnItsWay_CountsFromWhenItWasAskedFor()
    {
        var permit = New();
        var askedAt = _time.GetTimestamp();
        _time.Advance(KeyPermit.Lifetime);

        permit.Renew(askedAt);

        Assert.Equal(ErrorCodes.KeyPermitLapsed, CodeOf(permit));
    }

    [Fact]
    public void Permit_NotConfirmedForTenMinutes_Lapses_HoweverOftenRenewed()
    {
        var permit = New();
        _time.Advance(DekCache.TimeToLive - Tick);
        permit.Renew(_time.GetTimestamp());
        permit.Require();
        _time.Advance(Tick);
        permit.Renew(_time.GetTimestamp());

        Assert.Equal(ErrorCodes.KeyVaultUnreachable, CodeOf(permit));

        permit.Confirm();
        permit.Require();
    }

    [Fact]
    public void Permit_Revoked_SaysWhy_AndIsNeverGivenAgain()
    {
        var permit = New();
        permit.Revoke(new VaultException(ErrorCodes.UserErrorCMKKeyDisabled, "Disabled."));
        permit.Confirm();
        permit.Renew(_time.GetTimestamp());

        Assert.Equal(ErrorCodes.UserErrorCMKKeyDisabled, CodeOf(permit));
    }

    [Fact]
    public async Task Use_OfALapsedPermit_AsksOnceForAll()
    {
        var permit = New();
        var (asked, answer) = (0, new TaskCompletionSource());
        permit.RenewBy(async () =>
        {
            asked++;
            await answer.Task;
            permit.Renew(_time.GetTimestamp());
        });
        await permit.RequireAsync();
        Assert.Equal(0, asked);
        _time.Advance(KeyPermit.Lifetime);

        var uses = Enumerable.Range(0, 20).Select(_ => permit.RequireAsync().AsTask()).ToList();
        answer.SetResult();

        await Task.WhenAll(uses);
        Assert.Equal(1, asked);
    }

    [Fact]
    public async Task Use_WithoutAnAnswer_IsRefusedInTime()
    {
        var permit = New();
        permit.RenewBy(() => new TaskCompletionSource().Task);
        _time.Advance(KeyPermit.Lifetime);
        var use = CodeOfUseAsync(permit);
        Assert.False(use.IsCompleted);

        _time.Advance(TimeSpan.FromSeconds(15));

        Assert.Equal(ErrorCodes.KeyPermitLapsed, await use);
    }

    [Fact]
    public async Task Use_RevokedWhenItAsks_SaysWhy()
    {
        var permit = New();
        permit.RenewBy(() =>
        {
            permit.Revoke(new VaultException(ErrorCodes.UserErrorCMKKeyDisabled, "Disabled."));
            return Task.CompletedTask;
        });
        _time.Advance(KeyPermit.Lifetime);

        Assert.Equal(ErrorCodes.UserErrorCMKKeyDisabled, await CodeOfUseAsync(permit));
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
