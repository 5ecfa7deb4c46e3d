using RecoveryVault.Errors;

namespace RecoveryVault.Rebuild;

/// <summary>
/// What the store shows to be missing while something is derived: a refusal, unless the loss is accepted; then what is derived must be the
/// strictest it can have been.
/// </summary>
internal sealed class Losses(bool areAccepted)
{
    private readonly List<RebuildProblem> _accepted = [];

    public IReadOnlyList<RebuildProblem> Accepted => _accepted;

    /// <exception cref="VaultException">The loss, when it is not accepted.</exception>
    public void Add(string message, string code = ErrorCodes.DataMissing)
    {
        var loss = new VaultException(code, message, WayBack);
        if (!areAccepted)
            throw loss;
        _accepted.Add(RebuildProblem.Of(loss));
    }

    public const string WayBack =
        "Bring the missing objects back from a copy of the store and run it again; or run it with --accept-loss, which rebuilds from what there is and keeps everything.";
}
