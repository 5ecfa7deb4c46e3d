namespace RecoveryVault;

/// <summary>Which part of a list to return.</summary>
/// <param name="After">The <see cref="Page{T}.Next"/> of the page before; null for the first.</param>
/// <param name="Count">At most that many, 1 to <see cref="MaxCount"/>.</param>
[GenerateSerializer, Immutable, Alias("rv.PageRequest")]
public sealed record PageRequest([property: Id(0)] string? After = null, [property: Id(1)] int Count = PageRequest.MaxCount)
{
    /// <summary>The longest page; keeps every answer far below the message limit.</summary>
    public const int MaxCount = 200;
}

/// <summary>One page of a list.</summary>
/// <param name="Items">The entries.</param>
/// <param name="Next">Ask for this to go on; null on the last page.</param>
[GenerateSerializer, Immutable, Alias("rv.Page`1")]
public sealed record Page<T>([property: Id(0)] IReadOnlyList<T> Items, [property: Id(1)] string? Next);
