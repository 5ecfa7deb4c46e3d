using RecoveryVault.Backups;
using RecoveryVault.Cli.Commands;
using RecoveryVault.Cli.Output;
using RecoveryVault.Embedded;
using RecoveryVault.Files.Comparison;
using RecoveryVault.Files.Restore;
using RecoveryVault.Items;
using RecoveryVault.Keys;
using RecoveryVault.Keys.Local;
using RecoveryVault.Restores;
using RecoveryVault.Vaults;

namespace RecoveryVault.Cli.Quickstart;

/// <summary>The whole promise, step by step, on real files: each step is what the command of that name does.</summary>
internal sealed class QuickstartStory(
    Invocation run,
    EmbeddedSilo silo,
    QuickstartPlace place,
    string source,
    QuickstartScan scan,
    Action<string, string> tell
)
{
    private const string KeyVaultName = "quickstart-kv";
    private const string KeyName = "kek";
    private const string VaultNameText = "quickstart";
    private const string ItemNameText = "files";
    private const string Location = "local";

    private readonly VaultClient _client = new(silo.Client, silo.DataPlane, Invocation.Time);

    public BackupReport? First { get; private set; }

    public BackupReport? Second { get; private set; }

    public RestoreReport? Restored { get; private set; }

    public IReadOnlyList<RecoveryPointSummary> RecoveryPoints { get; private set; } = [];

    public IReadOnlyList<KeyVersionUse> KeyVersions { get; private set; } = [];

    public long Compared { get; private set; }

    /// <summary>What the second backup could not read and so does not hold.</summary>
    public List<string> Unreadable { get; } = [];

    /// <summary>What changed or went while the second backup read it.</summary>
    public List<string> Changed { get; } = [];

    public List<string> Differences { get; } = [];

    private LocalKeyVault Keys => silo.KeyVaults.Open(LocalKeyVaults.HostOf(KeyVaultName), KeyVaultCaller.Owner);

    public async Task RunAsync(CancellationToken cancellation)
    {
        await CreateKeyAsync(cancellation);
        var vault = await CreateVaultAsync(cancellation);
        await AssignKeyAsync(vault, cancellation);
        var item = await ProtectAsync(vault, cancellation);
        First = await BackUpAsync("Backup", item, null, cancellation);
        await RotateAsync(vault, cancellation);
        using (var record = new TreeRecordWriter(place.Record))
            Second = await BackUpAsync("Backup again", item, record, cancellation);
        RecoveryPoints = (await item.ListRecoveryPointsAsync(new PageRequest())).Items;
        KeyVersions = await vault.Vault.ListKeyVersionsAsync();
        await RestoreAsync(item, cancellation);
        Compare();
    }

    private async Task CreateKeyAsync(CancellationToken cancellation)
    {
        var keyVault = await silo.KeyVaults.CreateAsync(
            new KeyVaultCreation
            {
                Name = KeyVaultName,
                Location = Location,
                EnablePurgeProtection = true,
            },
            cancellation
        );
        tell(
            "Key vault",
            $"{keyVault.Properties.VaultUri}, soft delete {keyVault.Properties.SoftDeleteRetentionInDays} days, purge protection on"
        );
        var key = await Keys.CreateKeyAsync(KeyName, new KeyCreation { Kty = "RSA", KeySize = 3072 }, cancellation);
        tell("Key", $"RSA 3072, version {VersionOf(key)}");
    }

    private async Task<NamedVault> CreateVaultAsync(CancellationToken cancellation)
    {
        var created = await _client.Directory.CreateVaultAsync(
            new CreateVault
            {
                OperationId = Guid.NewGuid(),
                Name = VaultNameText,
                Location = Location,
            }
        );
        var vault = _client.Open(created.VaultId);
        var identity = await vault.Vault.AssignIdentityAsync(new ChangeIdentity(Guid.NewGuid()));
        await silo.KeyVaults.SetPolicyAsync(
            KeyVaultName,
            identity.PrincipalId ?? "",
            ["get", "list", "wrapKey", "unwrapKey"],
            cancellation
        );
        tell("Vault", $"'{created.Name}', its own identity may get, list, wrapKey and unwrapKey");
        return vault;
    }

    private async Task AssignKeyAsync(NamedVault vault, CancellationToken cancellation)
    {
        var uri = $"https://{LocalKeyVaults.HostOf(KeyVaultName)}/keys/{KeyName}";
        var encryption = await VaultClient.UpdateEncryptionAsync(
            vault,
            new UpdateEncryption { OperationId = Guid.NewGuid(), KeyUri = uri },
            cancellation
        );
        tell("Encryption", $"{encryption.EncryptionAtRestType} by {uri}, new versions are picked up");
    }

    private async Task<IProtectedItemGrain> ProtectAsync(NamedVault vault, CancellationToken cancellation)
    {
        await VaultClient.ProtectAsync(vault, ItemNameText, ProtectionCommands.SourceOf(source), cancellation);
        return await _client.FindItemAsync(VaultNameText, ItemNameText);
    }

    private async Task<BackupReport> BackUpAsync(
        string step,
        IProtectedItemGrain item,
        TreeRecordWriter? record,
        CancellationToken cancellation
    )
    {
        // Told at the end and once, not with each backup.
        Unreadable.Clear();
        Changed.Clear();
        var options = new BackupOptions
        {
            Record = record,
            OnProblem = problem => (problem.IsError ? Unreadable : Changed).Add(problem.ToString()),
            OnChanged = path => Changed.Add(ProtectionCommands.Name(path)),
        };
        var report = await ProtectionCommands.RunAsync(run, _client, item, options, place.OwnDirectories(), cancellation, scan.Bytes);
        var (seconds, found) = (report.Duration.TotalSeconds, report.Statistics);
        tell(
            step,
            $"{Show.Count(found.Files)} files, {Show.Bytes(found.BytesRead)} in {Show.Duration(report.Duration)} ({Show.Bytes((long)(found.BytesRead / Math.Max(seconds, 0.001)))}/s); "
                + $"{Show.Bytes(report.Outcome.BytesNew)} new, stored as {Show.Bytes(report.Outcome.BytesStored)}"
        );
        return report;
    }

    private async Task RotateAsync(NamedVault vault, CancellationToken cancellation)
    {
        var started = Invocation.Time.GetTimestamp();
        var key = await Keys.RotateKeyAsync(KeyName, cancellation);
        var progress = await VaultClient.SyncAsync(vault, null, cancellation);
        if (progress.KeyVersion != VersionOf(key))
            Differences.Add($"The vault uses key version {progress.KeyVersion} instead of the new {VersionOf(key)}.");
        tell(
            "Key rotation",
            $"version {progress.KeyVersion} picked up and everything re-wrapped in {Show.Duration(Invocation.Time.GetElapsedTime(started))}; no data was touched"
        );
    }

    private async Task RestoreAsync(IProtectedItemGrain item, CancellationToken cancellation)
    {
        var options = new RestoreOptions
        {
            Target = place.Restored,
            OnProblem = problem =>
            {
                if (problem.Kind != RestoreProblemKind.NeverRead)
                    run.Tell(problem.ToString());
            },
        };
        Restored = await RestoreCommands.RunAsync(run, _client, item, options, cancellation);
        tell(
            "Restore",
            $"{Show.Count(Restored.Entries)} entries, {Show.Bytes(Restored.Bytes)} in {Show.Duration(Restored.Duration)} "
                + $"({Show.Bytes((long)(Restored.Bytes / Math.Max(Restored.Duration.TotalSeconds, 0.001)))}/s) from {Restored.RecoveryPoint}"
        );
    }

    private void Compare()
    {
        var comparison = new TreeComparison(Environment.IsPrivilegedProcess, difference => Differences.Add(difference.ToString()));
        comparison.Run(new TreeRecordReader(place.Record).Read(), place.Restored);
        Compared = comparison.Compared;
        tell(
            "Comparison",
            Differences.Count == 0
                ? $"{Show.Count(Compared)} entries equal what was read: content, modes, owners, times, links, extended attributes"
                : $"{Show.Count(Differences.Count)} DIFFERENCES"
        );
    }

    private static string VersionOf(KeyBundle key) => KeyId.Parse(key.Key.Kid).Version ?? "";
}
