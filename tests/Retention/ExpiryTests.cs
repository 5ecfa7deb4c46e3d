using RecoveryVault.Backups;
using RecoveryVault.Errors;
using RecoveryVault.Items;
using RecoveryVault.Jobs;
using RecoveryVault.Retention;
using RecoveryVault.Tests.Cluster;
using RecoveryVault.Tests.DataPath;
using RecoveryVault.Tests.Items;

namespace RecoveryVault.Tests.Retention;

[Collection(VaultClusterCollection.Name)]
public sealed class ExpiryTests(VaultCluster cluster)
{
    /// <param name="last">Of a policy that is followed from the first point on; null: none is.</param>
    private async Task<(ClusterItem Item, string[] Points)> PrepareAsync(int count, DateTimeOffset? retainFirst = null, int? last = null)
    {
        var item = await ClusterItem.CreateAsync(cluster);
        if (last is { } kept)
        {
            await CreateAsync(item, kept);
            await FollowAsync(item);
        }
        var points = new string[count];
        for (var i = 0; i < count; i++)
        {
            item.Write("file", $"content {i}");
            var options = new BackupOptions { RetainUntil = i == 0 ? retainFirst : null };
            points[i] = (await cluster.Client.BackUpAsync(item.Grain, options)).Outcome.RecoveryPoint.Name;
        }
        return (item, points);
    }

    private static Task<RetentionPolicy> CreateAsync(ClusterItem item, int last, string name = "p") =>
        item.Vault.Vault.CreatePolicyAsync(
            new ChangePolicy
            {
                OperationId = Guid.NewGuid(),
                Name = name,
                Last = last,
            }
        );

    private static Task FollowAsync(ClusterItem item, string? policy = "p") =>
        item.Vault.Vault.AssignPolicyAsync(new AssignPolicy(Guid.NewGuid(), "item", policy));

    private static Task<ExpiryOutcome> ExpireAsync(ClusterItem item, Guid? operation = null) =>
        item.Grain.ExpireAsync(new ExpireRecoveryPoints(operation ?? Guid.NewGuid()));

    private static async Task<string[]> AvailableAsync(ClusterItem item) =>
        [.. (await item.ListAsync()).Where(p => p.State == RecoveryPointState.Available).Select(p => p.Name).Reverse()];

    [Fact]
    public async Task Backup_RetainUntilInThePastOrTooFar_IsRefusedBeforeItBegins()
    {
        var (item, _) = await PrepareAsync(1);
        using var __ = item;
        var now = cluster.Time.GetUtcNow();

        foreach (var until in new[] { now, now.AddDays(-1), now.AddDays(36_526), DateTimeOffset.MaxValue, DateTimeOffset.MinValue })
            await RefusedAsync(
                ErrorCodes.InvalidRequest,
                () => cluster.Client.BackUpAsync(item.Grain, new BackupOptions { RetainUntil = until })
            );

        Assert.Single(await item.ListAsync());
        Assert.Equal(2, (await item.BackUpAsync()).Seq);
    }

    [Fact]
    public async Task Delete_Retained_IsRefusedUntilThen()
    {
        var until = cluster.Time.GetUtcNow().AddHours(30);
        var (item, points) = await PrepareAsync(3, until);
        using var _ = item;

        var refusal = await RefusedAsync(ErrorCodes.RecoveryPointRetained, () => item.DeleteAsync(points[0]));
        Assert.Contains(until.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", null), refusal.Message, StringComparison.Ordinal);
        Assert.Equal(until, (await item.Grain.GetRecoveryPointAsync(points[0])).RetainUntil);

        cluster.Time.Advance(TimeSpan.FromHours(30));
        Assert.Equal(RecoveryPointState.SoftDeleted, (await item.DeleteAsync(points[0])).State);
    }

    [Fact]
    public async Task Expire_WithoutPolicy_KeepsEverythingAndIsNoJob()
    {
        var (item, points) = await PrepareAsync(3);
        using var _ = item;

        var outcome = await ExpireAsync(item);

        Assert.Equal((null, "no policy", 0L, 3L, null), (outcome.Policy, outcome.WhyNone, outcome.Expired, outcome.Kept, outcome.JobId));
        Assert.Equal(points, await AvailableAsync(item));
    }

    [Fact]
    public async Task Expire_DropsWhatThePolicyDropsSoftly_AndThePlanSaidSo()
    {
        var (item, points) = await PrepareAsync(5, cluster.Time.GetUtcNow().AddDays(300), last: 2);
        using var _ = item;

        var plan = (await item.Grain.PlanExpiryAsync(new PageRequest())).Items;
        var outcome = await ExpireAsync(item);

        Assert.Equal(points.Reverse(), plan.Select(d => d.Name));
        Assert.Equal([false, false, true, true, false], plan.Select(d => d.Expires));
        Assert.Equal(["newest", "last"], plan[0].Reasons);
        Assert.StartsWith("kept until", Assert.Single(plan[4].Reasons), StringComparison.Ordinal);
        Assert.Equal(("p", 2L, 3L, false), (outcome.Policy, outcome.Expired, outcome.Kept, outcome.IsMoreDue));
        Assert.Equal(cluster.Time.GetUtcNow().AddDays(14), outcome.PurgeAfter);
        Assert.Equal([points[0], points[3], points[4]], await AvailableAsync(item));
        var deleted = await item.Grain.GetRecoveryPointAsync(points[1]);
        Assert.Equal(("SoftDeleted", "policy p"), (deleted.Status, deleted.DeletionReason));
        var job = await item.Vault.Jobs.GetAsync(outcome.JobId!.Value);
        Assert.Equal((JobOperations.ExpireRecoveryPoints, JobStatus.Completed), (job.Operation, job.Status));
        Assert.Equal("2", Assert.Single(await item.LogAsync("ExpireRecoveryPoints")).Details["count"]);

        // A wrong policy is recoverable.
        await item.UndeleteAsync(points[1]);
        Assert.Equal("content 1", (await item.RestoreAsync(points[1]))["file"]);
    }

    [Fact]
    public async Task Expire_SameOperationAgain_DeletesNothingMore()
    {
        var (item, points) = await PrepareAsync(4, last: 2);
        using var _ = item;
        var operation = Guid.NewGuid();
        var first = await ExpireAsync(item, operation);
        await item.BackUpAsync();

        var again = await ExpireAsync(item, operation);

        Assert.Equal((2L, 2L), (first.Expired, again.Expired));
        Assert.Equal(3, (await AvailableAsync(item)).Length);
        Assert.Equal(1, (await ExpireAsync(item)).Expired);
    }

    [Fact]
    public async Task Expire_PointBeingRead_Waits()
    {
        var (item, points) = await PrepareAsync(3, last: 1);
        using var _ = item;
        var reading = await item.Grain.BeginRestoreAsync(new BeginRestore(Guid.NewGuid(), points[0], RestorePurpose.Verify));

        Assert.Equal(1, (await ExpireAsync(item)).Expired);
        Assert.Equal([points[0], points[2]], await AvailableAsync(item));

        await item.Grain.EndRestoreAsync(
            new EndRestore(reading.Session.SessionId, JobStatus.Completed, [], new Dictionary<string, string>())
        );
        Assert.Equal(1, (await ExpireAsync(item)).Expired);
        Assert.Equal([points[2]], await AvailableAsync(item));
        Assert.Equal(0, (await ExpireAsync(item)).Expired);
    }

    [Fact]
    public async Task Expire_ProtectionStopped_KeepsEverything()
    {
        var (item, points) = await PrepareAsync(3, last: 1);
        using var _ = item;
        await item.Grain.DisableAsync(new DisableProtection(Guid.NewGuid(), ""));

        Assert.Equal((0L, "protection is stopped"), ((await ExpireAsync(item)).Expired, (await ExpireAsync(item)).WhyNone));
        Assert.All((await item.Grain.PlanExpiryAsync(new PageRequest())).Items, d => Assert.False(d.Expires));
        Assert.Equal(points, await AvailableAsync(item));
    }

    [Fact]
    public async Task Plan_InPages_IsWhole()
    {
        var (item, points) = await PrepareAsync(7, last: 2);
        using var _ = item;
        await item.DeleteAsync(points[3]);
        List<string> names = [];
        string? after = null;
        do
        {
            var page = await item.Grain.PlanExpiryAsync(new PageRequest(after, 2));
            names.AddRange(page.Items.Select(d => d.Name));
            after = page.Next;
        } while (after is not null);

        Assert.Equal(points.Reverse().Where(p => p != points[3]), names);
        await RefusedAsync(ErrorCodes.InvalidRequest, () => item.Grain.PlanExpiryAsync(new PageRequest("x")));
        await RefusedAsync(ErrorCodes.InvalidRequest, () => item.Grain.ListRecoveryPointsAsync(new PageRequest("x")));
    }

    [Fact]
    public async Task Policy_Followed_IsNotDeletedUntilNobodyFollowsIt()
    {
        var (item, _) = await PrepareAsync(1);
        using var __ = item;
        await CreateAsync(item, last: 1, "Mixed");
        await FollowAsync(item, "mIXED");

        var refusal = await RefusedAsync(
            ErrorCodes.PolicyInUse,
            () => item.Vault.Vault.DeletePolicyAsync(new DeletePolicy(Guid.NewGuid(), "mixed"))
        );
        Assert.Contains("item", refusal.Message, StringComparison.Ordinal);
        Assert.Equal("Mixed", (await item.Grain.GetAsync()).Policy);
        Assert.Equal(["item"], (await item.Vault.Vault.GetPolicyAsync("MIXED")).ItemNames);

        await FollowAsync(item, null);
        Assert.Null((await item.Grain.GetAsync()).Policy);
        var delete = new DeletePolicy(Guid.NewGuid(), "mixed");
        await item.Vault.Vault.DeletePolicyAsync(delete);
        await item.Vault.Vault.DeletePolicyAsync(delete);
        Assert.Empty(await item.Vault.Vault.ListPoliciesAsync());
        Assert.Equal(2, (await item.LogAsync("SetItemPolicy")).Count);
        await RefusedAsync(ErrorCodes.PolicyNotFound, () => FollowAsync(item, "mixed"));
    }

    [Fact]
    public async Task Enable_Again_KeepsThePolicy()
    {
        var (item, _) = await PrepareAsync(1);
        using var __ = item;
        await CreateAsync(item, last: 1);
        await FollowAsync(item);
        await item.Grain.DisableAsync(new DisableProtection(Guid.NewGuid(), ""));

        await VaultClient.ProtectAsync(item.Vault, "item", (await item.Grain.GetAsync()).Source);

        Assert.Equal("p", (await item.Grain.GetAsync()).Policy);
    }

    [Fact]
    public async Task Policy_SurvivesEveryActivation()
    {
        var (item, _) = await PrepareAsync(1);
        using var __ = item;
        await CreateAsync(item, last: 5);
        await FollowAsync(item);
        await item.RestartAsync();

        Assert.Equal(5, Assert.Single(await item.Vault.Vault.ListPoliciesAsync()).Rules.Last);
        Assert.Equal("p", (await item.Grain.GetAsync()).Policy);
    }

    /// <summary>Every single command after which less would be kept: what is there is kept for the period of deletions.</summary>
    [Theory]
    [InlineData("set")]
    [InlineData("follow")]
    [InlineData("other")]
    [InlineData("enable")]
    public async Task SingleCommand_ThatKeepsLess_LetsGoNothingSooner(string command)
    {
        var (item, points) = await PrepareAsync(5, last: command is "follow" ? null : 5);
        using var _ = item;
        if (command is "set")
            await SetAsync(item, 1);
        if (command is "follow" or "other")
        {
            await CreateAsync(item, last: 1, "weak");
            await FollowAsync(item, "weak");
        }
        if (command is "enable")
        {
            await item.Grain.DisableAsync(new DisableProtection(Guid.NewGuid(), ""));
            await SetAsync(item, 1);
            await VaultClient.ProtectAsync(item.Vault, "item", (await item.Grain.GetAsync()).Source);
        }
        // To and fro shortens nothing either.
        if (command is "other")
        {
            await FollowAsync(item, "p");
            await FollowAsync(item, "weak");
        }

        Assert.All((await item.Grain.PlanExpiryAsync(new PageRequest())).Items, d => Assert.False(d.Expires));
        Assert.Equal(0, (await ExpireAsync(item)).Expired);
        cluster.Time.Advance(TimeSpan.FromDays(13));
        Assert.Equal(0, (await ExpireAsync(item)).Expired);
        Assert.Equal(points, await AvailableAsync(item));

        cluster.Time.Advance(TimeSpan.FromDays(2));
        await item.Vault.Vault.AssignIdentityAsync(new RecoveryVault.Vaults.ChangeIdentity(Guid.NewGuid()));
        cluster.Time.Advance(TimeSpan.FromDays(1));
        Assert.Equal(4, (await item.Grain.PlanExpiryAsync(new PageRequest())).Items.Count(d => d.Expires));
        Assert.Equal(4, (await ExpireAsync(item)).Expired);
    }

    [Fact]
    public async Task SetPolicy_KeepsMore_IsInForceAtOnce()
    {
        var (item, points) = await PrepareAsync(5, last: 1);
        using var _ = item;
        await SetAsync(item, 3);

        Assert.Equal(2, (await ExpireAsync(item)).Expired);
        Assert.Equal(points[2..], await AvailableAsync(item));
    }

    private static Task<RetentionPolicy> SetAsync(ClusterItem item, int last) =>
        item.Vault.Vault.SetPolicyAsync(
            new ChangePolicy
            {
                OperationId = Guid.NewGuid(),
                Name = "p",
                Last = last,
            }
        );

    private static Task<VaultException> RefusedAsync(string code, Func<Task> call) => BackupSessionTests.RefusedAsync(code, call);
}
