namespace RecoveryVault.Connections;

/// <summary>
/// Which contracts a program speaks: grain interfaces, messages, the data plane and stored records together. Every connection begins with
/// both sides' versions, so that programs of releases that do not work together are told apart before anything else is said.
/// </summary>
/// <param name="Current">Raised by each release that adds to the contracts.</param>
/// <param name="Oldest">The oldest version that this one works with in one cluster: raised when something is taken away.</param>
public sealed record ContractVersion(ushort Current, ushort Oldest)
{
    /// <summary>This release's.</summary>
    public static ContractVersion Ours { get; } = new(1, 1);

    /// <summary>True of two silos of one cluster: neither says what the other has never heard of and cannot do without.</summary>
    public bool WorksWith(ContractVersion other) => Current >= other.Oldest && other.Current >= Oldest;

    /// <summary>True of a silo and its client: a client may be older, never newer, for it could ask for what the silo does not know.</summary>
    public bool Serves(ContractVersion client) => client.Current <= Current && client.Current >= Oldest;

    /// <inheritdoc/>
    public override string ToString() => Oldest == Current ? $"{Current}" : $"{Current} (works with {Oldest} and later)";
}
