using RecoveryVault.DataPath.Wire;
using RecoveryVault.DataPlane;
using RecoveryVault.Errors;

namespace RecoveryVault.Tests.DataPlane;

public sealed class SessionRequestsTests
{
    private readonly SessionRequests _requests = new();
    private readonly Guid _session = Guid.NewGuid();

    [Fact]
    public void Enter_OneMoreThanAllowed_IsRefusedUntilOneLeaves()
    {
        var places = Enumerable.Range(0, DataPlaneProtocol.MaxRequestsPerSession).Select(_ => _requests.Enter(_session)).ToList();

        var refusal = Assert.Throws<VaultException>(() => _requests.Enter(_session));
        places[0].Dispose();

        Assert.Equal(ErrorCodes.TooManyRequests, refusal.Code);
        _requests.Enter(_session).Dispose();
        _requests.Enter(Guid.NewGuid()).Dispose();
    }

    [Fact]
    public async Task EnterBody_TwoAreRead_TheThirdWaitsForOneToLeave()
    {
        var (first, second) = (_requests.Enter(_session), _requests.Enter(_session));
        await first.EnterBodyAsync(default);
        await second.EnterBodyAsync(default);
        using var third = _requests.Enter(_session);

        var turn = third.EnterBodyAsync(default);
        Assert.False(turn.IsCompleted);
        second.Dispose();

        await turn.WaitAsync(TimeSpan.FromSeconds(30));
        first.Dispose();
    }

    [Fact]
    public async Task EnterBody_OfAConnectionThatDrops_TakesNoTurn()
    {
        using var first = _requests.Enter(_session);
        using var second = _requests.Enter(_session);
        await first.EnterBodyAsync(default);
        await second.EnterBodyAsync(default);
        var dropped = _requests.Enter(_session);
        using var drop = new CancellationTokenSource();
        var turn = dropped.EnterBodyAsync(drop.Token);
        await drop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => turn);
        dropped.Dispose();

        using var third = _requests.Enter(_session);

        Assert.False(third.EnterBodyAsync(default).IsCompleted);
    }
}
