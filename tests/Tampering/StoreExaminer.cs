using System.Security.Cryptography;
using Orleans.TestingHost;
using RecoveryVault.Catalogues;
using RecoveryVault.DataPath;
using RecoveryVault.Errors;
using RecoveryVault.Items;
using RecoveryVault.Jobs;
using RecoveryVault.Restores;
using RecoveryVault.Stores;
using RecoveryVault.Tests.DataPath;
using RecoveryVault.Vaults;

namespace RecoveryVault.Tests.Tampering;

/// <summary>What one reading of a recovery point brought: entries, and the codes of what was refused.</summary>
internal sealed record PointReading(IReadOnlyDictionary<string, string> Entries, IReadOnlySet<string> Codes);

/// <summary>Asks the product everything it can say of a store: restores, listings, verifications, the scrub.</summary>
internal sealed class StoreExaminer(
    InProcessTestCluster cluster,
    VaultClient client,
    IDataPlane dataPlane,
    RewindableStore store,
    IReadOnlyList<VaultId> vaults,
    IReadOnlyList<StoredPoint> points
)
{
    private static readonly string[] VaultGrains = ["vault", "activity-log", "job-ledger", "key-rotation"];
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly List<string> _failures = [];

    /// <summary>Looks at the store with nothing remembered: every activation begins anew.</summary>
    public async Task<Examination> ExamineAsync()
    {
        _failures.Clear();
        await ForgetAsync();
        Dictionary<string, (string? Code, IReadOnlyList<string> Shown)> listings = [];
        List<RestoreOutcome> outcomes = [];
        foreach (var item in points.GroupBy(p => (p.Vault, p.Item)))
        {
            IProtectedItemGrain? grain = null;
            var code = await CodeAsync("find", async () => grain = await client.FindItemAsync(item.Key.Vault, item.Key.Item));
            listings[item.Key.Item] = code is null ? await ListAsync(grain!) : (code, []);
            foreach (var point in item)
                outcomes.Add(code is null ? await RestoreAsync(grain!, point) : new(point, new HashSet<string> { code }, null));
        }
        return new Examination(outcomes, listings, await VerifyLogsAsync(), await ScrubAsync(), [.. _failures]);
    }

    /// <summary>The whole of a recovery point through a reading session, nothing of it on disk.</summary>
    public static async Task<PointReading> RestoreAsync(IProtectedItemGrain item, string point, IDataPlane dataPlane)
    {
        var ticket = await item.BeginRestoreAsync(new BeginRestore(Guid.NewGuid(), point, RestorePurpose.Browse));
        try
        {
            var channel = await dataPlane.OpenRestoreAsync(ticket.Session, CancellationToken.None);
            var catalogue = new CatalogueSource(channel);
            Dictionary<string, string> entries = [];
            HashSet<string> codes = [];
            try
            {
                await foreach (var entry in catalogue.ReadAsync(ticket.Catalogue, RelativePath.Root, CancellationToken.None))
                    await ReadAsync(channel, catalogue, entry, entries, codes);
            }
            catch (VaultException refusal)
            {
                codes.Add(refusal.Code);
            }
            return new PointReading(entries, codes);
        }
        finally
        {
            await item.EndRestoreAsync(new EndRestore(ticket.Session.SessionId, JobStatus.Completed, [], new Dictionary<string, string>()));
        }
    }

    public static string DigestOf(ReadOnlySpan<byte> content) => Convert.ToHexStringLower(SHA256.HashData(content));

    private static async Task ReadAsync(
        IRestoreChannel channel,
        CatalogueSource catalogue,
        CatalogueEntry entry,
        Dictionary<string, string> entries,
        HashSet<string> codes
    )
    {
        List<ChunkRef> chunks = [];
        await foreach (var chunk in catalogue.ReadContentAsync(entry, CancellationToken.None))
            chunks.Add(chunk);
        var (content, error) = await ItemStage.ReadAsync(channel, chunks);
        if (error is not null)
            codes.Add(error);
        else
            entries[entry.Path.ToString()] =
                $"{entry.Type} {entry.Mode} {entry.ModifiedAt} {Convert.ToHexString(entry.LinkTarget.Span)} {DigestOf(content)}";
    }

    private async Task<RestoreOutcome> RestoreAsync(IProtectedItemGrain grain, StoredPoint point)
    {
        PointReading? reading = null;
        if (await CodeAsync($"restore {point.Name}", async () => reading = await RestoreAsync(grain, point.Name, dataPlane)) is { } code)
            return new RestoreOutcome(point, new HashSet<string> { code }, null);
        var wrong = reading!.Entries.Where(e => point.Entries.GetValueOrDefault(e.Key) != e.Value).Select(e => e.Key).ToList();
        if (reading.Codes.Count == 0)
            wrong.AddRange(point.Entries.Keys.Except(reading.Entries.Keys));
        return new RestoreOutcome(point, reading.Codes, wrong.Count == 0 ? null : string.Join(", ", wrong));
    }

    private async Task<(string? Code, IReadOnlyList<string> Shown)> ListAsync(IProtectedItemGrain grain)
    {
        List<string> shown = [];
        var code = await CodeAsync(
            "list",
            async () =>
            {
                await foreach (var p in VaultClient.AllAsync(grain.ListRecoveryPointsAsync))
                    shown.Add($"{p.Name} {p.Seq} {p.HeadHash} {p.PrevHash} {p.Time:O} {p.SizeBytes} {p.Files} {p.Status} {p.KeyVersion}");
            }
        );
        return (code, shown);
    }

    private async Task<IReadOnlySet<string>> VerifyLogsAsync()
    {
        HashSet<string> faults = [];
        foreach (var vault in vaults)
        {
            var opened = client.Open(vault);
            var code = await CodeAsync(
                "verify log",
                async () =>
                {
                    if ((await opened.Activity.VerifyAsync(1)).Fault is not null)
                        faults.Add(vault.ToString());
                }
            );
            if (code is not null)
                faults.Add(vault.ToString());
            await CodeAsync(
                "list jobs",
                async () => await VaultClient.AllAsync(p => opened.Jobs.ListAsync(new(null, null, p))).CountAsync()
            );
            await CodeAsync("list items", async () => await VaultClient.AllAsync(opened.Vault.ListItemsAsync).CountAsync());
        }
        await CodeAsync("list vaults", async () => await VaultClient.AllAsync(client.Directory.ListVaultsAsync).CountAsync());
        return faults;
    }

    private async Task<IReadOnlySet<string>> ScrubAsync()
    {
        HashSet<string> reported = [];
        await CodeAsync("scrub", () => new StoreScrub(store, (name, _) => reported.Add(name)).RunAsync());
        return reported;
    }

    /// <summary>The code of a refusal, null for none; whatever else comes is a failure of the product.</summary>
    private async Task<string?> CodeAsync(string what, Func<Task> call)
    {
        try
        {
            await call().WaitAsync(Patience, TimeProvider.System);
            return null;
        }
        catch (VaultException refusal) when (ErrorTable.Find(refusal.Code) is not null)
        {
            return refusal.Code;
        }
        catch (Exception e)
        {
            _failures.Add($"{what}: {e.GetType().Name}: {e.Message}");
            return e.GetType().Name;
        }
    }

    private async Task ForgetAsync()
    {
        var vaultGrains = vaults.SelectMany(v => VaultGrains.Select(type => GrainId.Create(type, v.ToString())));
        var itemGrains = points.Select(p => p.Key).Distinct().Select(key => GrainId.Create("item", key.ToString()));
        await Task.WhenAll(
            vaultGrains.Concat(itemGrains).Where(g => cluster.TryGetGrainContext(g, out _)).Select(g => cluster.DeactivateAsync(g))
        );
    }
}
