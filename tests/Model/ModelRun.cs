using System.Text.Json;
using RecoveryVault.Catalogues;
using RecoveryVault.Items;
using RecoveryVault.Keys.Local;
using RecoveryVault.Records;
using RecoveryVault.Tests.Storage;
using RecoveryVault.Tests.Tampering;
using RecoveryVault.Vaults;

namespace RecoveryVault.Tests.Model;

/// <summary>
/// One run: a vault with a customer-managed key and its items, used and abused step by step, with a ledger beside it that says what must
/// be true.
/// </summary>
internal sealed partial class ModelRun(ModelCluster cluster, Plan plan, Tally tally) : IDisposable
{
    public const string Policy = "short";

    /// <summary>Stands in everything that is backed up, and must stand nowhere else.</summary>
    public static readonly byte[] Canary = Guid.NewGuid().ToByteArray().Concat(Guid.NewGuid().ToByteArray()).ToArray();

    private readonly ScratchDirectory _scratch = new();
    private readonly string _name = $"m{Guid.NewGuid():n}"[..20];
    private readonly Dice _dice = new((ulong)plan.Seed + 0x5eed);
    private readonly List<string> _said = [];
    private int _restores;

    public ModelCluster Cluster => cluster;

    public Dictionary<string, ItemLedger> Items { get; } = [];

    public KeyVerdicts Keys { get; } = new();

    public KeyLedger Key => Keys.Keys[^1];

    public VaultId VaultId { get; private set; }

    public NamedVault Vault => cluster.Client.Open(VaultId);

    public DateTimeOffset Now => cluster.Time.GetUtcNow();

    /// <summary>What was said to callers: it must hold no secret.</summary>
    public IReadOnlyList<string> Said => _said;

    /// <summary>Whether the vault follows its key's rotation.</summary>
    public bool Follows { get; private set; } = true;

    /// <summary>How much the policy keeps: the last so many, and the newest of so many days.</summary>
    public (int Last, int Daily) Keep { get; init; } = (2, 2);

    public async Task SetUpAsync(params IReadOnlyList<string> items)
    {
        cluster.Store.ForgetCalls();
        var created = await cluster.Client.Directory.CreateVaultAsync(
            new()
            {
                OperationId = Guid.NewGuid(),
                Name = _name,
                Location = "westeurope",
            }
        );
        VaultId = created.VaultId;
        await Vault.Vault.AssignIdentityAsync(new ChangeIdentity(Guid.NewGuid()));
        await AddKeyVaultAsync();
        await VaultClient.UpdateEncryptionAsync(
            Vault,
            new() { OperationId = Guid.NewGuid(), KeyUri = Key.Versions[0].Versionless.ToString() }
        );
        await Vault.Vault.CreatePolicyAsync(
            new()
            {
                OperationId = Guid.NewGuid(),
                Name = Policy,
                Last = Keep.Last,
                Daily = Keep.Daily,
            }
        );
        Owe("CreateVault", "", isCertain: true);
        Owe("AssignIdentity", "", isCertain: true);
        Owe("CreatePolicy", "", isCertain: true);
        foreach (var name in items)
            await ProtectAsync(name);
        await BackUpAsync(Items[items[0]], cluster.Client, retain: null);
    }

    /// <summary>Another key vault, with a key for this vault.</summary>
    private async Task AddKeyVaultAsync()
    {
        var name = $"k{Guid.NewGuid():n}"[..20];
        await cluster.KeyVaults.CreateAsync(
            new()
            {
                Name = name,
                Location = "westeurope",
                EnablePurgeProtection = true,
            }
        );
        Keys.Keys.Add(new KeyLedger(name, LocalKeyVaults.HostOf(name)));
        await GrantAsync(Key, granted: true);
        await NewVersionAsync(Key);
    }

    /// <summary>The steps, then the end at which everything is well again and everything is looked at.</summary>
    public async Task RunAsync()
    {
        await SetUpAsync("a", "b");
        foreach (var (number, step) in plan.Steps.Index())
        {
            Where = $"step {number} {step}";
            tally.Count(step.Operation);
            await TakeAsync(step);
            await CheckAlwaysAsync();
        }
        Where = "the end";
        await EndAsync();
    }

    /// <summary>What the run is doing.</summary>
    public string Where { get; private set; } = "the beginning";

    private ItemLedger ItemOf(Step step) => Items.Values.ElementAt(step.A % Items.Count);

    private static PointLedger? PointOf(ItemLedger item, Step step) =>
        item.Points.Values.ElementAtOrDefault(step.B % Math.Max(1, item.Points.Count));

    /// <summary>The one side or, when every grain has two activations, the other.</summary>
    private VaultClient ClientOf(Step step) => _isDuplicated && (step.C & 4) != 0 ? cluster.TwinClient ?? cluster.Client : cluster.Client;

    private byte[] NewContent()
    {
        // Few different ones, so that chunks come again; each begins with the canary.
        var (dice, length) = (new Dice((ulong)_dice.Next(12)), 1024 + _dice.Next(3) * 700);
        return [.. Canary, .. Enumerable.Range(0, length).Select(_ => (byte)dice.Next(256))];
    }

    /// <summary>The record of the vault as it is stored.</summary>
    public async Task<VaultRecord> ReadVaultAsync() =>
        await ReadAsync($"{GrainRecords.AllVaultBlobs}{VaultId}.json", RecordJson.Default.VaultRecord)
        ?? throw new InvariantBrokenException("I5 AckDurable: the vault's record is gone.");

    /// <summary>The record of an item as it is stored; null before it was first written.</summary>
    public Task<ItemRecord?> ReadItemAsync(ItemKey key) => ReadAsync(GrainRecords.ItemBlob(key), RecordJson.Default.ItemRecord);

    private async Task<T?> ReadAsync<T>(string blob, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> json)
        where T : class =>
        await cluster.Blobs.GetAsync(blob) is { Content.IsEmpty: false } found
            ? JsonSerializer.Deserialize(found.Content.Span, json)
            : null;

    /// <summary>Ends every activation of the vault and its items.</summary>
    public async Task DeactivateAsync()
    {
        foreach (var type in (string[])["vault", "key-rotation", "activity-log", "job-ledger"])
            await cluster.DeactivateAsync(GrainId.Create(type, VaultId.ToString()));
        foreach (var item in Items.Values)
            await DeactivateAsync(item);
        _isDenialKnown = false;
    }

    /// <summary>Whatever is under way goes with its host.</summary>
    private Task DeactivateAsync(ItemLedger item)
    {
        if (_pending.TryGetValue(item, out var pending))
            pending.IsTroubled = true;
        return cluster.DeactivateAsync(GrainId.Create(GrainRecords.ItemType, item.Key.ToString()));
    }

    private static ItemSource Source { get; } =
        new()
        {
            Path = ItemSource.StreamPath,
            Host = "here",
            Kind = ContentKind.Stream,
        };

    public void Dispose() => _scratch.Dispose();
}
