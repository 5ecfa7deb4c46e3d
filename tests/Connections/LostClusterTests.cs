using Orleans.Serialization;
using RecoveryVault.Connections;
using RecoveryVault.Errors;

namespace RecoveryVault.Tests.Connections;

/// <summary>What is taken for a lost server, and what is its answer.</summary>
public sealed class LostClusterTests
{
    [Fact]
    public void IsLoss_Refusal_IsTheServersAnswer() =>
        Assert.False(LostClusterFilter.IsLoss(new VaultException(ErrorCodes.BackupInProgress, "A backup is running.")));

    [Fact]
    public void IsLoss_FailureOfTheRuntime_IsALoss()
    {
        Assert.True(LostClusterFilter.IsLoss(new OrleansException("gone")));
        Assert.True(LostClusterFilter.IsLoss(new TimeoutException()));
        Assert.True(LostClusterFilter.IsLoss(new IOException()));
        Assert.True(LostClusterFilter.IsLoss(new TaskCanceledException("Message expired before placement could complete.")));
        Assert.True(
            LostClusterFilter.IsLoss(new CodecNotFoundException("Could not find a codec for type Polly.Timeout.TimeoutRejectedException."))
        );
    }
}
