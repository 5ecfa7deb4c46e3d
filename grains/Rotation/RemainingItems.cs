using RecoveryVault.Keys;
using RecoveryVault.Vaults;

namespace RecoveryVault.Rotation;

/// <summary>What a pass has still to do, seen in storage.</summary>
/// <param name="Count">How many items.</param>
/// <param name="First">The names of the first of them; a message has no room for all.</param>
/// <param name="Unreadable">
/// How many of them are done but for a key ring that nobody can read and no grain may clear away, because it lies after the one in force.
/// </param>
[GenerateSerializer, Immutable, Alias("rv.RemainingItems")]
public sealed record RemainingItems(
    [property: Id(0)] int Count,
    [property: Id(1)] IReadOnlyList<string> First,
    [property: Id(2)] int Unreadable
)
{
    private const int MaxNamed = 10;

    public static RemainingItems None { get; } = new(0, [], 0);

    public static RemainingItems Of(IReadOnlyList<ItemKeyUse> uses, KeyUse target) =>
        new(
            uses.Count,
            [.. uses.Take(MaxNamed).Select(use => use.Name)],
            uses.Count(use => (use with { UnreadableRings = 0 }).Has(target))
        );

    /// <summary>"3 item(s): a, b, c".</summary>
    public override string ToString() =>
        $"{Count} item(s): {string.Join(", ", First)}{(Count > First.Count ? $" and {Count - First.Count} more" : "")}";
}
