using System.Globalization;
using RecoveryVault.Items;
using RecoveryVault.Retention;

namespace RecoveryVault.Vaults;

public sealed partial class VaultGrain
{
    public async Task<RetentionPolicy> CreatePolicyAsync(ChangePolicy request)
    {
        await ChangeAsync(request.OperationId, "CreatePolicy", v => v.CreatePolicy(request), v => DetailsOf(v.RequirePolicy(request.Name)));
        return Vault.RequirePolicy(request.Name);
    }

    public async Task<RetentionPolicy> SetPolicyAsync(ChangePolicy request)
    {
        var times = await _parts.Clocks.ReadAsync(VaultId);
        await ChangeAsync(
            request.OperationId,
            "SetPolicy",
            v => v.SetPolicy(request, times),
            v => DetailsOf(v.RequirePolicy(request.Name))
        );
        return Vault.RequirePolicy(request.Name);
    }

    public Task<SoftDeletePeriod> GetSoftDeleteAsync() => Task.FromResult(Vault.SoftDelete);

    public async Task<VaultSummary> SetSoftDeleteAsync(SetSoftDelete request)
    {
        var times = await _parts.Clocks.ReadAsync(VaultId);
        await ChangeAsync(
            request.OperationId,
            "SetSoftDelete",
            vault => vault.SetSoftDelete(request.Days, times),
            vault =>
                [
                    new("days", $"{vault.SoftDelete.Days}"),
                    new("nextDays", $"{vault.SoftDelete.NextDays}"),
                    new("nextFrom", vault.SoftDelete.NextFrom?.ToString("u", CultureInfo.InvariantCulture) ?? ""),
                ]
        );
        return Vault.ToSummary();
    }

    private static KeyValuePair<string, string>[] DetailsOf(RetentionPolicy policy) =>
        [
            .. FormerOf(policy),
            new("policy", policy.Name),
            new("keepLast", $"{policy.Rules.Last}"),
            new("keepDaily", $"{policy.Rules.Daily}"),
            new("keepWeekly", $"{policy.Rules.Weekly}"),
            new("keepMonthly", $"{policy.Rules.Monthly}"),
            new("keepYearly", $"{policy.Rules.Yearly}"),
        ];

    private static IEnumerable<KeyValuePair<string, string>> FormerOf(RetentionPolicy policy) =>
        policy.Former is { } former ? [new("formerRulesUntil", former.Until.ToString("u", CultureInfo.InvariantCulture))] : [];

    public Task<IReadOnlyList<RetentionPolicy>> ListPoliciesAsync() =>
        Task.FromResult<IReadOnlyList<RetentionPolicy>>(Vault.Settings.Policies);

    public async Task<RetentionPolicyUse> GetPolicyAsync(string name)
    {
        var policy = Vault.RequirePolicy(name);
        var followers = await FollowersAsync(name);
        return new RetentionPolicyUse(policy, [.. followers.Take(RetentionPolicyUse.MaxNames)], followers.Count);
    }

    public Task<RetentionPolicy?> FindPolicyAsync(string name) => Task.FromResult(Vault.FindPolicy(name));

    /// <summary>
    /// Assigning and deleting are turns of this one grain, so no item comes to follow a policy while it is being deleted. Should another
    /// activation let one all the same, that item keeps everything.
    /// </summary>
    public async Task DeletePolicyAsync(DeletePolicy request)
    {
        var followers = Vault.FindPolicy(request.Name) is null ? [] : await FollowersAsync(request.Name);
        await ChangeAsync(
            request.OperationId,
            "DeletePolicy",
            vault => vault.DeletePolicy(request.Name, followers),
            _ => [new("policy", request.Name)]
        );
    }

    public async Task AssignPolicyAsync(AssignPolicy request)
    {
        var (policy, itemId) = await LogRefusalAsync(
            "SetItemPolicy",
            request.OperationId,
            async () =>
            {
                var policy = request.PolicyName is { } name ? Vault.RequirePolicy(name).Name : null;
                return (policy, await FindItemAsync(request.ItemName));
            }
        );
        await GrainFactory.GetGrain<IItemPolicy>(new ItemKey(VaultId, itemId).ToString()).FollowAsync(request.OperationId, policy);
    }

    private Task<IReadOnlyList<string>> FollowersAsync(string name) => _parts.PolicyUses.FindAsync(VaultId, Vault.Roster, name);
}
