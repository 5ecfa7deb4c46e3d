namespace RecoveryVault.Rotation;

/// <summary>What a pass has still to do, seen in storage.</summary>
/// <param name="Count">How many items.</param>
/// <param name="First">The names of the first of them; a message has no room for all.</param>
[GenerateSerializer, Immutable, Alias("rv.RemainingItems")]
public sealed record RemainingItems([property: Id(0)] int Count, [property: Id(1)] IReadOnlyList<string> First)
{
    private const int MaxNamed = 10;

    public static RemainingItems None { get; } = new(0, []);

    public static RemainingItems Of(IReadOnlyList<string> names) => new(names.Count, [.. names.Take(MaxNamed)]);

    /// <summary>"3 item(s): a, b, c".</summary>
    public override string ToString() =>
        $"{Count} item(s): {string.Join(", ", First)}{(Count > First.Count ? $" and {Count - First.Count} more" : "")}";
}
