using RecoveryVault.Catalogues;
using RecoveryVault.Files.Native;

namespace RecoveryVault.Files;

/// <summary>
/// What a walk left out. A directory left out, or kept without what it holds, counts once: what lies below it is never looked at.
/// </summary>
/// <param name="Files">Everything but directories.</param>
/// <param name="Directories">Directories.</param>
/// <param name="Bytes">The sizes of the regular files among <paramref name="Files"/>.</param>
public readonly record struct ExcludedCounts(long Files, long Directories, long Bytes)
{
    internal ExcludedCounts With(in FileStat stat) =>
        stat.Type switch
        {
            EntryType.Directory => this with { Directories = Directories + 1 },
            EntryType.File => this with { Files = Files + 1, Bytes = Bytes + stat.Size },
            _ => this with { Files = Files + 1 },
        };
}
