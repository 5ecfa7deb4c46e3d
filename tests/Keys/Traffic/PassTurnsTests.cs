using Microsoft.Extensions.Time.Testing;
using RecoveryVault.Keys.Traffic;

namespace RecoveryVault.Tests.Keys.Traffic;

public sealed class PassTurnsTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task TryTake_AllTaken_GivesUpInTime_AndGetsTheNextOneThatIsGivenBack()
    {
        var turns = new PassTurns(_time);
        List<IDisposable?> taken = [];
        for (var i = 0; i < PassTurns.AtOnce; i++)
            taken.Add(await turns.TryTakeAsync("kv"));
        Assert.DoesNotContain(null, taken);

        var late = turns.TryTakeAsync("kv");
        Assert.False(late.IsCompleted);
        _time.Advance(PassTurns.Patience);
        Assert.Null(await late);

        // Given back twice is given back once.
        taken[0]?.Dispose();
        taken[0]?.Dispose();
        Assert.NotNull(await turns.TryTakeAsync("kv"));
        late = turns.TryTakeAsync("kv");
        _time.Advance(PassTurns.Patience);
        Assert.Null(await late);
    }

    [Fact]
    public async Task TryTake_OfAnotherKeyVault_IsAnotherTurn()
    {
        var turns = new PassTurns(_time);
        for (var i = 0; i < PassTurns.AtOnce; i++)
            await turns.TryTakeAsync("kv");

        Assert.NotNull(await turns.TryTakeAsync("other"));
    }
}
