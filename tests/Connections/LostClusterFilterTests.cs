using Microsoft.Extensions.Time.Testing;
using Orleans.Serialization.Invocation;
using RecoveryVault.Access;
using RecoveryVault.Connections;
using RecoveryVault.Errors;

namespace RecoveryVault.Tests.Connections;

/// <summary>What becomes of a call whose silo was lost.</summary>
public sealed class LostClusterFilterTests
{
    private readonly FakeTimeProvider _time = new() { AutoAdvanceAmount = TimeSpan.FromSeconds(1) };
    private readonly GatewayLosses _losses;
    private readonly Counted _grain = new();
    private object? _result;

    public LostClusterFilterTests() => _losses = new GatewayLosses(_time);

    /// <summary>What a vault's grain is to its clients.</summary>
    private interface ICounted
    {
        [Requires(VaultRole.BackupReader, AccessScope.Vault)]
        Task<int> ReadAsync(int number);

        [Requires(VaultRole.BackupOperator, AccessScope.Vault)]
        Task<int> ChangeAsync(int number);
    }

    [Theory]
    [InlineData(nameof(ICounted.ChangeAsync), 60)]
    [InlineData(nameof(ICounted.ReadAsync), 0)]
    public async Task Invoke_ThatMayNotBeAskedAgain_IsTheClustersLoss(string method, int patienceSeconds)
    {
        var refusal = await Assert.ThrowsAsync<VaultException>(() => CallAsync(method, TimeSpan.FromSeconds(patienceSeconds)));
        Assert.Equal(ErrorCodes.ClusterUnavailable, refusal.Code);
        Assert.Contains("a silo was lost", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(0, _grain.Calls);
    }

    [Fact]
    public async Task Invoke_ThatOnlyReads_IsAskedAnewWithTheSameArguments()
    {
        await CallAsync(nameof(ICounted.ReadAsync), TimeSpan.FromDays(100));
        Assert.Equal((1, 8), (_grain.Calls, _result));
    }

    /// <summary>A call whose answer never comes, because a silo was lost.</summary>
    private async Task CallAsync(string method, TimeSpan patience)
    {
        var request = AnsweringProxy.Of<IInvokable>(asked => asked == nameof(IInvokable.GetArgumentCount) ? 1 : 7);
        var never = new TaskCompletionSource();
        var context = AnsweringProxy.Of<IOutgoingGrainCallContext>(
            asked =>
                asked switch
                {
                    nameof(IOutgoingGrainCallContext.Invoke) => never.Task,
                    "get_InterfaceMethod" => typeof(ICounted).GetMethod(method),
                    "get_Request" => request,
                    "get_Grain" => _grain,
                    _ => null,
                },
            set => _result = set
        );
        var call = new LostClusterFilter(patience, _losses, _time).Invoke(context);
        _losses.Lose();
        while (!call.IsCompleted)
        {
            _time.Advance(GatewayLosses.Grace);
            await Task.Yield();
        }
        await call;
    }

    private sealed class Counted : ICounted
    {
        public int Calls { get; private set; }

        public Task<int> ReadAsync(int number) => Task.FromResult(number + ++Calls);

        public Task<int> ChangeAsync(int number) => ReadAsync(number);
    }
}
