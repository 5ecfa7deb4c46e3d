using RecoveryVault.Errors;
using RecoveryVault.Serving;

namespace RecoveryVault.Tests.Serving;

public sealed class SiloEndTests
{
    [Theory]
    [InlineData("I have been told I am dead, so this silo will stop!\nthe whole table", "took it for dead")]
    [InlineData("The table is gone\nand more", "The table is gone")]
    [InlineData("", "broken")]
    public async Task Fatal_WhateverTheRuntimeSays_IsOneLineThatSaysWhy(string context, string why)
    {
        var end = new SiloEnd();
        Assert.False(end.Ended.IsCompleted);

        end.OnFatalException(this, context, new InvalidOperationException("broken"));
        end.OnFatalException(this, "another", null);

        var refusal = await end.Ended;
        Assert.Equal(ErrorCodes.ClusterUnavailable, refusal.Code);
        Assert.StartsWith("This silo must not go on: ", refusal.Message, StringComparison.Ordinal);
        Assert.Contains(why, refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refusal.Message);
    }
}
