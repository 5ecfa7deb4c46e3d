using RecoveryVault.Backups;
using RecoveryVault.Catalogues;
using RecoveryVault.Files;
using RecoveryVault.Files.Comparison;
using RecoveryVault.Files.Restore;
using RecoveryVault.Items;
using RecoveryVault.Restores;

namespace RecoveryVault.Tests.Backups;

/// <summary>Backs up and restores real trees through <see cref="MemoryChannel"/>, and compares them.</summary>
internal sealed class TreePipeline
{
    public MemoryChannel Channel { get; init; } = new();

    public List<WalkProblem> Problems { get; } = [];

    public List<RelativePath> Changed { get; } = [];

    public List<RestoreProblem> RestoreProblems { get; } = [];

    public List<(string Path, string Code)> Damage { get; } = [];

    public BackupStatistics Statistics { get; private set; } = new();

    public IReadOnlyList<RecoveryVault.Jobs.JobError> Warnings { get; private set; } = [];

    public string Notes { get; private set; } = "";

    public static ItemSource SourceOf(string path) =>
        new()
        {
            Path = path,
            Host = "here",
            Kind = ContentKind.Tree,
        };

    /// <summary>Backs a source up; the source may be given excludes and the like.</summary>
    public async Task<CatalogueRoot> BackUpAsync(string path, ItemSource? source = null, TreeRecordWriter? record = null)
    {
        var options = new BackupOptions
        {
            OnProblem = Problems.Add,
            OnChanged = Changed.Add,
            Record = record,
        };
        using var backup = new TreeBackup(path, source ?? SourceOf(path), Channel, options);
        var root = await backup.RunAsync(CancellationToken.None);
        (Statistics, Warnings) = (backup.Statistics, backup.Warnings);
        return root;
    }

    public async Task<RestoreCounters> RestoreAsync(
        CatalogueRoot root,
        string target,
        RestoreOptions? options = null,
        ContentKind kind = ContentKind.Tree
    )
    {
        options = (options ?? new RestoreOptions { Target = target }) with
        {
            OnProblem = RestoreProblems.Add,
            OnDamage = (path, code) => Damage.Add((path.ToString(), code)),
        };
        using var prepared = RestoreTarget.Prepare(target, options.Overwrite);
        using var restore = new TreeRestore(prepared, Channel, options, kind);
        await restore.RunAsync(root, CancellationToken.None);
        Notes = restore.Notes.ToString();
        return options.Counters;
    }

    /// <summary>Restores on the calling thread alone, which may be another user's.</summary>
    public void RestoreHere(CatalogueRoot root, string target, bool overwrite = false)
    {
        var catalogue = new CatalogueSource(Channel);
        using var writer = new TreeWriter(RestoreTarget.Prepare(target, overwrite), RestoreProblems.Add);
        foreach (var entry in catalogue.ReadAsync(root, RelativePath.Root, CancellationToken.None).ToBlockingEnumerable())
        {
            if (writer.Add(entry) is not { } file)
                continue;
            var offset = 0L;
            foreach (var chunk in catalogue.ReadContentAsync(entry, CancellationToken.None).ToBlockingEnumerable())
            {
                file.WriteAt(offset, Channel.Read(chunk));
                offset += chunk.Length;
            }
            file.Complete();
        }
        writer.Finish();
        Notes = writer.Notes.ToString();
    }

    /// <summary>Backs a source up, restores it, and returns every difference found and every problem met.</summary>
    public async Task<List<string>> RoundTripAsync(string path, string target)
    {
        var place = Path.Join(Path.GetTempPath(), $"rvault-record-{Guid.NewGuid():n}");
        try
        {
            CatalogueRoot root;
            using (var record = new TreeRecordWriter(place))
                root = await BackUpAsync(path, record: record);
            await RestoreAsync(root, target);
            var findings = new List<string>([.. Problems.Select(p => $"walk: {p}"), .. RestoreProblems.Select(p => $"restore: {p}")]);
            new TreeComparison(Environment.IsPrivilegedProcess, difference => findings.Add($"differs: {difference}")).Run(
                new TreeRecordReader(place).Read(),
                target
            );
            return findings;
        }
        finally
        {
            File.Delete(place);
        }
    }

    public async Task<List<CatalogueEntry>> ListAsync(CatalogueRoot root)
    {
        var entries = new List<CatalogueEntry>();
        await foreach (var entry in new CatalogueSource(Channel).ReadAsync(root, RelativePath.Root, CancellationToken.None))
            entries.Add(entry);
        return entries;
    }
}
