using RecoveryVault.Retention;
using RecoveryVault.Tests.Cluster;
using RecoveryVault.Tests.Items;
using RecoveryVault.Tests.Storage;
using Xunit.Abstractions;

namespace RecoveryVault.Tests.Retention;

/// <summary>
/// Every call of the store that creating, changing, assigning and deleting a policy makes goes wrong once in every way, and the process
/// dies around every one of them. Afterwards all is as before or as wanted, the same again makes it as wanted, and the log has it once.
/// </summary>
[Collection(VaultClusterCollection.Name)]
public sealed class PolicyFaultTests(VaultCluster cluster, ITestOutputHelper output) : IAsyncLifetime
{
    private ClusterItem _item = null!;

    private sealed record Step(string LogOperation, Func<Task> PrepareAsync, Func<Guid, Task> ActAsync, string Wanted);

    public async Task InitializeAsync() => _item = await ClusterItem.CreateAsync(cluster);

    public Task DisposeAsync()
    {
        _item.Dispose();
        return Task.CompletedTask;
    }

    [Fact]
    public Task Create_AnyFault_IsOldOrNewAndLoggedOnce() => SweepAsync(new("CreatePolicy", DeleteAsync, op => CreateAsync(op, 2), "2, -"));

    [Fact]
    public async Task Set_AnyFault_IsOldOrNewAndLoggedOnce()
    {
        await CreateAsync(Guid.NewGuid(), 2);
        await SweepAsync(new("SetPolicy", () => SetAsync(Guid.NewGuid(), 2), op => SetAsync(op, 7), "7, -"));
    }

    [Fact]
    public async Task Assign_AnyFault_IsOldOrNewAndLoggedOnce()
    {
        await CreateAsync(Guid.NewGuid(), 2);
        await SweepAsync(new("SetItemPolicy", () => AssignAsync(Guid.NewGuid(), null), op => AssignAsync(op, "p"), "2, p"));
    }

    [Fact]
    public Task Delete_AnyFault_IsOldOrNewAndLoggedOnce() =>
        SweepAsync(
            new("DeletePolicy", () => CreateAsync(Guid.NewGuid(), 2), op => _item.Vault.Vault.DeletePolicyAsync(new(op, "p")), "none, -")
        );

    /// <summary>Until an act has no further call, one call after the other, and every fault at each.</summary>
    private async Task SweepAsync(Step step)
    {
        var runs = 0;
        List<Guid> operations = [];
        foreach (var fault in Fault.Everywhere)
        {
            for (var (nth, hit) = (0, true); hit; nth++)
            {
                await step.PrepareAsync();
                await _item.RestartAsync();
                var (before, operation) = (await StateAsync(), Guid.NewGuid());
                Assert.NotEqual(step.Wanted, before);
                operations.Add(operation);
                hit = false;
                var seen = 0;
                cluster.Store.Inject(fault, names: _ => seen++ == nth && (hit = true));
                var isDone = await TryAsync(() => step.ActAsync(operation));
                await _item.RestartAsync();
                runs += hit ? 1 : 0;
                var after = await StateAsync();
                Assert.True(
                    after == step.Wanted || (!isDone && after == before),
                    $"{step.LogOperation} after {fault} at call {nth} (done: {isDone}): '{after}', not '{step.Wanted}' or '{before}'"
                );
                await step.ActAsync(operation);
                Assert.Equal(step.Wanted, await StateAsync());
            }
        }
        output.WriteLine($"{step.LogOperation}: {runs} runs");
        Assert.InRange(runs, 20, 400);
        await AssertLoggedOnceAsync(step.LogOperation, operations);
    }

    private async Task AssertLoggedOnceAsync(string logOperation, List<Guid> operations)
    {
        var logged = (await _item.LogAsync(logOperation)).Where(e => e.Status == "Succeeded").Select(e => e.CorrelationId).ToList();
        Assert.All(operations, operation => Assert.Single(logged, operation));
    }

    private static async Task<bool> TryAsync(Func<Task> act)
    {
        try
        {
            await act();
            return true;
        }
        catch (Exception)
        {
            return false;
        }
    }

    /// <summary>What the policy keeps, and what the item follows.</summary>
    private async Task<string> StateAsync()
    {
        var policy = (await _item.Vault.Vault.ListPoliciesAsync()).SingleOrDefault();
        var last = policy is null ? "none" : $"{policy.Rules.Last}";
        return $"{last}, {(await _item.Grain.GetAsync()).Policy ?? "-"}";
    }

    private Task<RetentionPolicy> CreateAsync(Guid operation, int last) => _item.Vault.Vault.CreatePolicyAsync(Keeping(operation, last));

    private Task<RetentionPolicy> SetAsync(Guid operation, int last) => _item.Vault.Vault.SetPolicyAsync(Keeping(operation, last));

    private Task AssignAsync(Guid operation, string? policy) =>
        _item.Vault.Vault.AssignPolicyAsync(new AssignPolicy(operation, "item", policy));

    private async Task DeleteAsync()
    {
        foreach (var policy in await _item.Vault.Vault.ListPoliciesAsync())
            await _item.Vault.Vault.DeletePolicyAsync(new DeletePolicy(Guid.NewGuid(), policy.Name));
    }

    private static ChangePolicy Keeping(Guid operation, int last) =>
        new()
        {
            OperationId = operation,
            Name = "p",
            Last = last,
        };
}
