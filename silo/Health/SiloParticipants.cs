namespace RecoveryVault.Health;

/// <summary>
/// The parts of a silo that Orleans' own watchdog asks: membership and its timers. Each wants to know when it was asked last.
/// </summary>
internal sealed class SiloParticipants(IEnumerable<IHealthCheckParticipant> participants, TimeProvider time)
{
    private readonly IHealthCheckParticipant[] _participants = [.. participants];
    private readonly Lock _gate = new();
    private DateTime _askedAt = time.GetUtcNow().UtcDateTime;

    public bool AreWell()
    {
        lock (_gate)
        {
            var before = _askedAt;
            _askedAt = time.GetUtcNow().UtcDateTime;
            return Array.TrueForAll(_participants, p => p.CheckHealth(before, out _));
        }
    }
}
