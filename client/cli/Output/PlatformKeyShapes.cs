using RecoveryVault.Keys;
using RecoveryVault.Stores;

namespace RecoveryVault.Cli.Output;

/// <summary>A platform key and what in the store needs it.</summary>
internal sealed record PlatformKeyShape(
    uint Id,
    DateTimeOffset CreatedTime,
    string State,
    long Records,
    long KeyRings,
    long SealedObjects,
    long Vaults,
    bool CanBeRemoved
)
{
    public static PlatformKeyShape[] Of(PlatformKeyring keyring, PlatformKeyCensus census) =>
        [.. keyring.All.Select(k => Of(k.Id, k.CreatedAt, keyring, census))];

    private static PlatformKeyShape Of(uint id, DateTimeOffset createdAt, PlatformKeyring keyring, PlatformKeyCensus census)
    {
        var needs = census.NeedsOf(id);
        return new(
            id,
            createdAt,
            id == keyring.CurrentId ? "InForce"
                : id > keyring.CurrentId ? "Prepared"
                : "Old",
            needs.Records,
            needs.WrappedKeys,
            needs.SealedObjects,
            needs.Vaults,
            PlatformKeyRotation.Obstacle(keyring, census, id) is null
        );
    }
}

/// <summary>How a rotation of the platform key ended, or what it would do.</summary>
internal sealed record PlatformKeyRotationShape(
    bool DryRun,
    uint KeyId,
    long RecordsRenewed,
    long VaultsRewrapped,
    IReadOnlyList<PlatformKeyRefusal> Refused
);

internal sealed record RemovedPlatformKeyShape(uint Id);
