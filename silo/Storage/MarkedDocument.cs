using System.Collections.Immutable;

namespace RecoveryVault.Storage;

/// <summary>What a <see cref="MarkedBlob{T}"/> holds.</summary>
internal sealed record MarkedDocument<T>
{
    public const int CurrentSchema = 1;

    public required int Schema { get; init; }

    /// <summary>The cluster or service it belongs to; a copy under another name is nobody's.</summary>
    public required string Owner { get; init; }

    /// <summary>How many changes made it what it is.</summary>
    public required long Changes { get; init; }

    /// <summary>Random marks of the latest changes, the newest last.</summary>
    public required ImmutableArray<string> Marks { get; init; }

    public required T Content { get; init; }
}

/// <summary>The part that every version of the format has.</summary>
internal sealed record MarkedFormat(int Schema);
