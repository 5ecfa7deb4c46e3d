namespace RecoveryVault.Keys;

/// <summary>One key version as a vault needs it.</summary>
/// <param name="KeyVersion">The bare version; "platform" for the platform keyring.</param>
/// <param name="KeyId">The full id.</param>
/// <param name="State">"Enabled", "Disabled", "Expired", "NotYetValid", "Deleted" or "Unknown" (the key vault could not be asked).</param>
/// <param name="NeededBy">Names of the items whose recovery points need it; the vault itself as "(vault)" for new backups. Names that would
/// not fit into the answer are counted by the last: "(17 more)".</param>
/// <param name="SafeToDisable">True when nothing stored or running needs it, so that disabling it changes nothing.</param>
[GenerateSerializer, Immutable, Alias("rv.KeyVersionUse")]
public sealed record KeyVersionUse(
    [property: Id(0)] string KeyVersion,
    [property: Id(1)] string KeyId,
    [property: Id(2)] string State,
    [property: Id(3)] IReadOnlyList<string> NeededBy,
    [property: Id(4)] bool SafeToDisable
);
