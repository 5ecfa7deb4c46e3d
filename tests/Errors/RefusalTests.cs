using Orleans.Runtime.Messaging;
using Orleans.Serialization;
using RecoveryVault.Errors;
using RecoveryVault.Jobs;

namespace RecoveryVault.Tests.Errors;

public sealed class RefusalTests
{
    public static TheoryData<Exception> Losses =>
        new()
        {
            new TimeoutException("Response did not arrive on time."),
            new SiloUnavailableException("The silo S127.0.0.1:1:1 is dead."),
            new ConnectionFailedException("Unable to connect to S127.0.0.1:1:1."),
            new CodecNotFoundException("Could not find a codec for type Polly.Timeout.TimeoutRejectedException."),
            new InvalidOperationException("wrapped", new SiloUnavailableException("dead")),
        };

    [Fact]
    public void Find_FaultOfTheProgram_IsNone()
    {
        Assert.Null(Refusals.Find(new InvalidOperationException("a fault")));
        Assert.Null(Refusals.Find(new CodecNotFoundException("Could not find a codec for type Some.Other.Exception.")));
    }

    /// <summary>A grain that asked one of a dead silo says so in a code of ours: its caller may then begin again.</summary>
    [Theory, MemberData(nameof(Losses))]
    public void Find_AnotherSiloThatDoesNotAnswer_IsClusterUnavailable(Exception loss) =>
        Assert.Equal(ErrorCodes.ClusterUnavailable, Refusals.Find(loss)?.Code);

    /// <summary>What is only written beside a change does not undo it when the log's silo has died.</summary>
    [Theory, MemberData(nameof(Losses))]
    public async Task BestEffort_AnotherSiloThatDoesNotAnswer_GoesOn(Exception loss) => await Journal.BestEffortAsync(() => throw loss);
}
