using System.Text.Json;
using RecoveryVault.Catalogues;
using RecoveryVault.Errors;

namespace RecoveryVault.Items;

/// <summary>Where an item's data comes from and what is left out; kept with the item.</summary>
[GenerateSerializer, Immutable, Alias("rv.ItemSource")]
public sealed record ItemSource
{
    /// <summary>Absolute path on <see cref="Host"/>; of a stream <see cref="StreamPath"/>.</summary>
    [Id(0)]
    public required string Path { get; init; }

    /// <summary>The machine.</summary>
    [Id(1)]
    public required string Host { get; init; }

    /// <summary>What kind of data.</summary>
    [Id(2)]
    public required ContentKind Kind { get; init; }

    /// <summary>Glob patterns of what is left out, at most <see cref="MaxExcludes"/>.</summary>
    [Id(3)]
    public IReadOnlyList<string> Excludes { get; init; } = [];

    /// <summary>Leave out the content of directories tagged as caches (CACHEDIR.TAG).</summary>
    [Id(4)]
    public bool ExcludeCaches { get; init; }

    /// <summary>Stay on the source's file system.</summary>
    [Id(5)]
    public bool OneFileSystem { get; init; }

    /// <summary>What stands for a path where content comes as a stream.</summary>
    public const string StreamPath = "-";

    /// <summary>The most patterns.</summary>
    public const int MaxExcludes = 256;

    /// <summary>The most characters of path, host and patterns in all: message and record stay below their limits in any script.</summary>
    public const int MaxTotalLength = 31_744;

    /// <summary>The most bytes the texts take in the item's record, where characters beyond ASCII take six each.</summary>
    public const int MaxWrittenBytes = 186 * 1024;

    /// <summary>The longest path or pattern in characters.</summary>
    public const int MaxTextLength = 4096;

    /// <summary>Refuses what would not fit the item's record, and a kind that this release does not know.</summary>
    /// <exception cref="VaultException"><see cref="ErrorCodes.InvalidRequest"/>.</exception>
    public void RequireBounded()
    {
        if (!Enum.IsDefined(Kind))
            throw new VaultException(ErrorCodes.InvalidRequest, $"'{Kind}' is no kind of content that this silo knows.");
        var texts = Excludes.Append(Path).Append(Host).ToList();
        if (
            Excludes.Count > MaxExcludes
            || texts.Any(t => t.Length > MaxTextLength)
            || texts.Sum(t => t.Length) > MaxTotalLength
            || texts.Sum(t => JsonEncodedText.Encode(t).EncodedUtf8Bytes.Length) > MaxWrittenBytes
        )
        {
            throw new VaultException(
                ErrorCodes.InvalidRequest,
                $"A source has at most {MaxExcludes} excludes of at most {MaxTextLength} characters, with its path in all {MaxTotalLength} characters and {MaxWrittenBytes} bytes as written."
            );
        }
    }
}
