using RecoveryVault.Catalogues;
using RecoveryVault.Files;

namespace RecoveryVault.Backups;

/// <summary>An entry on its way from the walk into the catalogue.</summary>
internal sealed class PassingEntry(WalkedEntry walked)
{
    public WalkedEntry Walked => walked;

    /// <summary>The entry, when there is nothing (more) to read.</summary>
    public CatalogueEntry? Known { get; init; }

    /// <summary>Why the file could not be opened.</summary>
    public WalkProblem? Problem { get; init; }

    /// <summary>True when something else of it could not be read, and was reported.</summary>
    public bool IsReported { get; init; }

    /// <summary>A small file being read.</summary>
    public Task<SmallContent>? Small { get; init; }

    /// <summary>A file to be cut.</summary>
    public ContentStream? Large { get; init; }

    /// <summary>Completes when a file to be cut is read: the walk waits for it, so that no file waits open for long.</summary>
    public TaskCompletionSource? WasRead { get; init; }

    /// <summary>The file as it was read; one that was not read whole is looked at again the next time, whatever its times say.</summary>
    public CatalogueEntry Judge(CatalogueEntry read) => IsReported ? read with { ReadAgain = true } : read;

    /// <summary>Gives back what an entry holds that goes nowhere.</summary>
    public async ValueTask ReleaseAsync()
    {
        WasRead?.TrySetResult();
        if (Large is not null)
            await Large.DisposeAsync();
        if (Small is null)
            return;
        await ((Task)Small).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (Small.IsCompletedSuccessfully)
            (await Small).Plaintext?.Dispose();
    }
}
