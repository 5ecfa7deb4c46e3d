namespace RecoveryVault.DataPath;

/// <summary>
/// Tells whose client has fallen silent, by looks at regular times. Nobody can be heard while the process stands still (Ctrl-Z, a frozen
/// virtual machine), and clients may have stood still with it: after a look that comes late they have the whole time once more.
/// </summary>
/// <param name="period">How far looks are apart.</param>
public sealed class SessionWatch(TimeSpan period, TimeProvider time)
{
    private long _lookedAt = time.GetTimestamp();
    private long _hearingSince = time.GetTimestamp();

    /// <summary>Begins a look.</summary>
    public void Look()
    {
        var now = time.GetTimestamp();
        if (time.GetElapsedTime(_lookedAt, now) > 2 * period)
            _hearingSince = now;
        _lookedAt = now;
    }

    /// <summary>As of the look that was begun last: the process may stand still once more in the middle of it.</summary>
    /// <param name="heardAt">When the client was heard last, or the work got on.</param>
    public bool IsSilent(long heardAt, TimeSpan limit) => time.GetElapsedTime(Math.Max(heardAt, _hearingSince), _lookedAt) > limit;
}
