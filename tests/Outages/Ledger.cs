using System.Collections.Concurrent;
using System.Security.Cryptography;
using CsCheck;
using RecoveryVault.Backups;
using RecoveryVault.Catalogues;
using RecoveryVault.Errors;
using RecoveryVault.Items;
using RecoveryVault.Jobs;
using RecoveryVault.Restores;
using RecoveryVault.Tests.Serving;

namespace RecoveryVault.Tests.Outages;

/// <summary>
/// Items of one vault that are backed up through whatever happens, and what was acknowledged: every recovery point of it must restore to
/// the bytes it was made of.
/// </summary>
internal sealed class Ledger(VaultClient client, AzureSiloPlace place, string vaultName, int seed)
{
    /// <summary>What a job may fail with while a store, a line or a key vault is away: never damage, and never a refused key.</summary>
    private static readonly string[] Passing =
    [
        ErrorCodes.StoreUnavailable,
        ErrorCodes.ConcurrentChange,
        ErrorCodes.ClusterUnavailable,
        ErrorCodes.SessionLost,
        ErrorCodes.BackupInProgress,
        ErrorCodes.KeyVaultUnreachable,
        ErrorCodes.JobInterrupted,
    ];

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly PCG _random = new(1, (ulong)seed);
    private readonly List<(string Name, IProtectedItemGrain Grain)> _items = [];
    private readonly ConcurrentBag<Acknowledged> _points = [];
    private readonly ConcurrentDictionary<string, int> _failures = [];
    private int _restored;

    private sealed record Acknowledged(string Item, IProtectedItemGrain Grain, string Point, IReadOnlyDictionary<string, string> Digests);

    /// <summary>How many recovery points were acknowledged.</summary>
    public int Points => _points.Count;

    /// <summary>How many backups failed with a code.</summary>
    public int Failures => _failures.Values.Sum();

    /// <summary>The codes they failed with.</summary>
    public string Codes => string.Join(", ", _failures.OrderBy(f => f.Key).Select(f => $"{f.Key} {f.Value}"));

    public async Task ProtectAsync(int items)
    {
        var vault = await client.FindVaultAsync(vaultName);
        for (var i = 0; i < items; i++)
        {
            var name = $"item{i}";
            Change(name);
            var source = new ItemSource
            {
                Path = place[name],
                Host = "here",
                Kind = ContentKind.Tree,
            };
            await VaultClient.ProtectAsync(vault, name, source);
            _items.Add((name, await client.FindItemAsync(vaultName, name)));
        }
    }

    /// <summary>Changes every item and backs it up once; it may fail, with a code that passes.</summary>
    public Task TryAllAsync()
    {
        foreach (var (name, _) in _items)
            Change(name);
        return Task.WhenAll(_items.Select(item => TryAsync(item.Name, item.Grain)));
    }

    /// <summary>Every item must be backed up, however long what happened to it takes to pass.</summary>
    public async Task FinishAllAsync()
    {
        foreach (var (name, _) in _items)
            Change(name);
        await Task.WhenAll(_items.Select(item => FinishAsync(item.Name, item.Grain)));
    }

    /// <summary>Drives the rotation of the key to its end.</summary>
    public async Task FinishRotationAsync()
    {
        var rotation = (await client.FindVaultAsync(vaultName)).Rotation;
        for (var start = TimeProvider.System.GetTimestamp(); !(await rotation.SyncAsync()).Done; )
        {
            Assert.True(TimeProvider.System.GetElapsedTime(start) < Patience, "the rotation does not come to its end");
            await Task.Delay(Pause, TimeProvider.System);
        }
    }

    /// <summary>Every acknowledged recovery point is listed and restores, and no job is left open.</summary>
    public async Task RequireAllAsync()
    {
        foreach (var point in _points)
        {
            var target = place[$"restored{Interlocked.Increment(ref _restored)}"];
            var report = await client.RestoreAsync(point.Grain, new RestoreOptions { Target = target, RecoveryPoint = point.Point });
            Assert.Equal(0, report.Damaged + report.Failed + report.Lost);
            Assert.Equal(point.Digests, DigestsOf(target));
            Directory.Delete(target, recursive: true);
        }
        var jobs = await (await client.FindVaultAsync(vaultName)).Jobs.ListAsync(new JobQuery(JobStatus.InProgress, null, new()));
        Assert.Empty(jobs.Items);
    }

    private async Task FinishAsync(string name, IProtectedItemGrain grain)
    {
        for (var start = TimeProvider.System.GetTimestamp(); !await TryAsync(name, grain); )
        {
            Assert.True(TimeProvider.System.GetElapsedTime(start) < Patience, $"{name} cannot be backed up any more: {Codes}");
            await Task.Delay(Pause, TimeProvider.System);
        }
    }

    private async Task<bool> TryAsync(string name, IProtectedItemGrain grain)
    {
        try
        {
            var digests = DigestsOf(place[name]);
            var report = await client.BackUpAsync(grain, new BackupOptions());
            _points.Add(new Acknowledged(name, grain, report.Outcome.RecoveryPoint.Name, digests));
            return true;
        }
        catch (VaultException e)
        {
            Assert.True(Passing.Contains(e.Code), $"{name}: {e.Code}: {e.Message}");
            _failures.AddOrUpdate(e.Code, 1, (_, count) => count + 1);
            return false;
        }
    }

    private void Change(string name)
    {
        Directory.CreateDirectory(place[name]);
        for (var i = 0; i < 3; i++)
        {
            var content = RandomNumberGenerator.GetBytes((int)_random.Next(400_000) + 1);
            File.WriteAllBytes(Path.Combine(place[name], $"{i}"), content);
        }
    }

    private static SortedDictionary<string, string> DigestsOf(string directory)
    {
        var digests = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var file in Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories))
            digests[Path.GetRelativePath(directory, file)] = Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(file)));
        return digests;
    }
}
