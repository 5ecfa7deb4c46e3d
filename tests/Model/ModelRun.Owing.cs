using RecoveryVault.Errors;

namespace RecoveryVault.Tests.Model;

/// <summary>How many entries of the activity log there must be, and may be.</summary>
internal readonly record struct OwedEntries(int Least, int Most);

internal sealed partial class ModelRun
{
    private readonly Dictionary<(string Operation, string Subject), OwedEntries> _owed = [];
    private readonly List<(string Operation, string Code)> _loud = [];

    /// <summary>Entries of the log by what was done to what.</summary>
    public IReadOnlyDictionary<(string Operation, string Subject), OwedEntries> Owed => _owed;

    /// <summary>Jobs that must have failed with a code.</summary>
    public IReadOnlyList<(string Operation, string Code)> Loud => _loud;

    private void Owe(string operation, string subject, bool isCertain)
    {
        var owed = _owed.GetValueOrDefault((operation, subject));
        _owed[(operation, subject)] = new(owed.Least + (isCertain ? 1 : 0), owed.Most + 1);
    }

    public void Say(string jobOperation, string code) => _loud.Add((jobOperation, code));

    /// <summary>A job that failed because of a key: it must be seen to have.</summary>
    private void NoteLoud(string jobOperation, Outcome outcome)
    {
        if (IsDenial(outcome.Code) || outcome.Code == ErrorCodes.KeyVaultUnreachable)
            Say(jobOperation, outcome.Code!);
    }
}
