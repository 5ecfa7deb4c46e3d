namespace RecoveryVault.Tests.Model;

/// <summary>One silo's clock: wrong by as much as the test says. Only its date is; what counts time does not notice.</summary>
internal sealed class SiloClock(TimeProvider time) : TimeProvider
{
    public TimeSpan Skew { get; set; }

    public override long TimestampFrequency => time.TimestampFrequency;

    public override DateTimeOffset GetUtcNow() => time.GetUtcNow() + Skew;

    public override long GetTimestamp() => time.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        time.CreateTimer(callback, state, dueTime, period);
}
