namespace RecoveryVault.DevKeyVault.Faults;

/// <summary>The trouble that is set up, taken rule by rule in their order.</summary>
internal sealed class FaultRules
{
    private readonly Lock _gate = new();
    private List<(FaultRule Rule, int Left)> _rules = [];

    /// <summary>Tokens that continuous access evaluation refused: they stay refused.</summary>
    private readonly HashSet<string> _refusedTokens = [];

    public void Replace(IEnumerable<FaultRule> rules)
    {
        lock (_gate)
        {
            _rules = [.. rules.Select(rule => (rule, rule.Count))];
            _refusedTokens.Clear();
        }
    }

    public IReadOnlyList<FaultRule> Current
    {
        get
        {
            lock (_gate)
                return [.. _rules.Select(r => r.Rule with { Count = r.Left })];
        }
    }

    /// <summary>The rule that befalls this request; null: none. Counts it.</summary>
    public FaultRule? Take(string vaultName, string operationName, string tokenId)
    {
        lock (_gate)
        {
            if (_refusedTokens.Contains(tokenId))
                return new FaultRule { Kind = FaultKind.ClaimsChallenge };
            var at = _rules.FindIndex(r => Fits(r.Rule, vaultName, operationName));
            if (at < 0)
                return null;
            var (rule, left) = _rules[at];
            if (rule.Kind == FaultKind.ClaimsChallenge)
                _refusedTokens.Add(tokenId);
            if (left == 1)
                _rules.RemoveAt(at);
            else
                _rules[at] = (rule, Math.Max(left - 1, 0));
            return rule;
        }
    }

    private static bool Fits(FaultRule rule, string vaultName, string operationName) =>
        (rule.VaultName is null || rule.VaultName.Equals(vaultName, StringComparison.OrdinalIgnoreCase))
        && (rule.OperationName is null || rule.OperationName.Equals(operationName, StringComparison.OrdinalIgnoreCase));
}
