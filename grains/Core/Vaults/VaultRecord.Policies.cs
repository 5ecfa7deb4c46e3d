using RecoveryVault.Clocks;
using RecoveryVault.Errors;
using RecoveryVault.Retention;

namespace RecoveryVault.Vaults;

public sealed partial record VaultRecord
{
    /// <summary>Bounds the record, and any list of policies.</summary>
    public const int MaxPolicies = 64;

    /// <summary>A policy by name; null when there is none.</summary>
    public RetentionPolicy? FindPolicy(string name) => Settings.Policies.FirstOrDefault(p => IsCalled(p, name));

    public RetentionPolicy RequirePolicy(string name) =>
        FindPolicy(name)
        ?? throw new VaultException(ErrorCodes.PolicyNotFound, $"Vault '{Settings.Name}' has no retention policy '{name}'.");

    public VaultRecord CreatePolicy(ChangePolicy request)
    {
        PolicyName.Require(request.Name);
        if (FindPolicy(request.Name) is { } known)
            throw new VaultException(
                ErrorCodes.PolicyAlreadyExists,
                $"Vault '{Settings.Name}' has a retention policy '{known.Name}' already."
            );
        if (Settings.Policies.Length >= MaxPolicies)
            throw new VaultException(
                ErrorCodes.PolicyLimitReached,
                $"Vault '{Settings.Name}' has {MaxPolicies} retention policies, the most there can be."
            );
        return WithPolicy(new RetentionPolicy(request.Name, request.Apply(new RetentionRules()).Require()));
    }

    /// <summary>
    /// Changes a policy. What it kept and keeps no longer goes on being kept as long as a deletion can be taken back: no single command
    /// makes a recovery point that is there go sooner.
    /// </summary>
    public VaultRecord SetPolicy(ChangePolicy request, TrustedTime times)
    {
        var policy = RequirePolicy(request.Name);
        var rules = request.Apply(policy.Rules).Require();
        if (rules == policy.Rules)
            return this;
        var former = FormerRetention.Leave(
            policy.Former,
            policy.Rules,
            rules,
            times.Earliest,
            SoftDelete.EndOf(times.Earliest, times.Latest)
        );
        return WithPolicy(policy with { Rules = rules, Former = former });
    }

    /// <param name="followers">Names of the items that follow it, as storage shows them.</param>
    public VaultRecord DeletePolicy(string name, IReadOnlyList<string> followers)
    {
        var policy = RequirePolicy(name);
        if (followers.Count > 0)
            throw new VaultException(
                ErrorCodes.PolicyInUse,
                $"{followers.Count} item(s) follow retention policy '{policy.Name}': {Some(followers)}."
            );
        return this with { Settings = Settings with { Policies = Settings.Policies.Remove(policy) } };
    }

    public SoftDeletePeriod SoftDelete => Settings.SoftDelete ?? SoftDeletePeriod.Default;

    public VaultRecord SetSoftDelete(int days, TrustedTime times)
    {
        var next = SoftDelete.Set(days, times.Earliest, times.Latest);
        return next == SoftDelete ? this : this with { Settings = Settings with { SoftDelete = next } };
    }

    private static string Some(IReadOnlyList<string> names) =>
        string.Join(", ", names.Take(10)) + (names.Count > 10 ? $" and {names.Count - 10} more" : "");

    private VaultRecord WithPolicy(RetentionPolicy policy) =>
        this with
        {
            Settings = Settings with
            {
                Policies =
                [
                    .. Settings
                        .Policies.Where(p => !IsCalled(p, policy.Name))
                        .Append(policy)
                        .OrderBy(p => p.Name, StringComparer.OrdinalIgnoreCase),
                ],
            },
        };

    private static bool IsCalled(RetentionPolicy policy, string name) =>
        string.Equals(policy.Name, name, StringComparison.OrdinalIgnoreCase);
}
