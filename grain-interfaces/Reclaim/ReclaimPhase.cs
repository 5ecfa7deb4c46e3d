namespace RecoveryVault.Reclaim;

/// <summary>What a reclaim is doing.</summary>
public enum ReclaimPhase
{
    /// <summary>Loading the index, purging what is due.</summary>
    Loading = 0,

    /// <summary>Finding out what recovery points need.</summary>
    Marking = 1,

    /// <summary>Moving what is needed out of mostly dead packs.</summary>
    Repacking = 2,

    /// <summary>Deleting.</summary>
    Deleting = 3,

    /// <summary>Done, or failed.</summary>
    Ended = 4,
}
