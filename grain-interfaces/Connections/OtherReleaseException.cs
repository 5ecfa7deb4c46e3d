using RecoveryVault.Errors;

namespace RecoveryVault.Connections;

/// <summary>The other end knows the secret and speaks contracts that do not go with ours.</summary>
public sealed class OtherReleaseException : IOException
{
    internal OtherReleaseException(string purpose, ContractVersion ours, ContractVersion theirs)
        : base($"The {purpose} speaks contract version {theirs}, this program {ours}.") => (Ours, Theirs) = (ours, theirs);

    /// <summary>This program's.</summary>
    public ContractVersion Ours { get; }

    /// <summary>The other end's.</summary>
    public ContractVersion Theirs { get; }

    /// <summary>The one that is somewhere in an exception; null when there is none.</summary>
    public static OtherReleaseException? Find(Exception? exception)
    {
        for (; exception is not null; exception = exception.InnerException)
        {
            if (exception is OtherReleaseException found)
                return found;
        }
        return null;
    }

    /// <summary>For whoever runs a client.</summary>
    public VaultException OfClient(string where) =>
        new(
            ErrorCodes.ReleaseMismatch,
            $"The silo at {where} speaks contract version {Theirs}, this client {Ours}.",
            Ours.Current > Theirs.Current
                ? "Upgrade all silos first and clients after them, or use the client of the silos' release."
                : "Use a client of the silos' release."
        );

    /// <summary>For whoever runs a silo.</summary>
    public VaultException OfSilo() =>
        new(
            ErrorCodes.ReleaseMismatch,
            $"A silo of the cluster speaks contract version {Theirs}, this one {Ours}: they do not work together.",
            "Upgrade through a release that works with both, or stop all silos of the other release first."
        );
}
