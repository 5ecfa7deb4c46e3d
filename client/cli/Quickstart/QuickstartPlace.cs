using RecoveryVault.Cli.Output;
using RecoveryVault.Embedded;
using RecoveryVault.Errors;
using RecoveryVault.Files;

namespace RecoveryVault.Cli.Quickstart;

/// <summary>Where a quickstart puts its store, keys and restored copy; what is temporary goes when it is disposed.</summary>
internal sealed class QuickstartPlace : IDisposable
{
    /// <summary>What a store needs beside the data: packs' ends, index, catalogue, and room to breathe.</summary>
    private const long StoreMargin = 64L << 20;

    /// <summary>What a restored entry needs beside its content, in bytes.</summary>
    private const long EntryMargin = 4096;

    private readonly string _temporary;

    public QuickstartPlace(Invocation run, bool keep)
    {
        IsKept = keep || run.NamesStore;
        _temporary = Directory.CreateTempSubdirectory("rvault-quickstart-").FullName;
        StoreOptions = run.StoreOptions(create: true);
        if (!IsKept)
            StoreOptions = StoreOptions with { StorePath = Path.Combine(_temporary, "store"), KeysPath = Path.Combine(_temporary, "keys") };
    }

    /// <summary>The store stays when the quickstart is over.</summary>
    public bool IsKept { get; }

    public EmbeddedStoreOptions StoreOptions { get; }

    public string Restored => Path.Combine(_temporary, "restored");

    public string Record => Path.Combine(_temporary, "record");

    /// <summary>Refuses a store that holds something, and too little free space, before anything is stored.</summary>
    public void Require(QuickstartScan scan)
    {
        if (Directory.Exists(StoreOptions.StorePath) && Directory.EnumerateFileSystemEntries(StoreOptions.StorePath).Any())
            throw new VaultException(
                ErrorCodes.StoreNotEmpty,
                $"{StoreOptions.StorePath} already holds something; the quickstart makes a store of its own."
            );
        var store = scan.Bytes + StoreMargin;
        var restored = scan.Bytes + scan.Entries * EntryMargin;
        var (storeParent, temporaryParent) = (Existing(StoreOptions.StorePath), Existing(_temporary));
        if (InodeId.Of(storeParent).Device == InodeId.Of(temporaryParent).Device)
        {
            Require(temporaryParent, store + restored, "the store and a restored copy");
        }
        else
        {
            Require(storeParent, store, "the store");
            Require(temporaryParent, restored, "a restored copy");
        }
    }

    /// <summary>Never read by the quickstart's own backups.</summary>
    public IReadOnlySet<InodeId> OwnDirectories() => new HashSet<InodeId> { InodeId.Of(_temporary), InodeId.Of(StoreOptions.StorePath) };

    public void Dispose()
    {
        if (Directory.Exists(_temporary))
            Directory.Delete(_temporary, recursive: true);
    }

    private static void Require(string place, long bytes, string what)
    {
        var free = new DriveInfo(place).AvailableFreeSpace;
        if (free < bytes)
            throw new VaultException(
                ErrorCodes.NotEnoughSpace,
                $"{Show.Bytes(bytes)} are needed for {what} in {place}, {Show.Bytes(free)} are free."
            );
    }

    /// <summary>The nearest directory above that exists: the one whose file system will be used.</summary>
    private static string Existing(string path) => Directory.Exists(path) ? path : Existing(Path.GetDirectoryName(path) ?? "/");
}
