namespace RecoveryVault.DevKeyVault;

/// <summary>
/// The clock of keys, retentions and rotation policies: the machine's, moved by what was set. Tokens and certificates live on the machine's
/// own clock, since clients compare them with theirs.
/// </summary>
internal sealed class SettableClock(TimeProvider machine) : TimeProvider
{
    private long _offset;

    public override DateTimeOffset GetUtcNow() => machine.GetUtcNow() + TimeSpan.FromTicks(Interlocked.Read(ref _offset));

    public override long GetTimestamp() => machine.GetTimestamp();

    public override long TimestampFrequency => machine.TimestampFrequency;

    public void Set(DateTimeOffset now) => Interlocked.Exchange(ref _offset, (now - machine.GetUtcNow()).Ticks);

    public void Advance(TimeSpan by) => Interlocked.Add(ref _offset, by.Ticks);
}
