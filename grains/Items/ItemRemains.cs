namespace RecoveryVault.Items;

/// <summary>What is left in an item.</summary>
/// <param name="RecoveryPoints">Recovery points that can be restored, or had back.</param>
/// <param name="HadBackUntil">Of a deleted item: until when at the least it can be had back, UTC; null of another.</param>
[GenerateSerializer, Immutable, Alias("rv.ItemRemains")]
public sealed record ItemRemains(
    [property: Id(0)] string Name,
    [property: Id(1)] bool IsDeleted,
    [property: Id(2)] long RecoveryPoints,
    [property: Id(3)] DateTimeOffset? HadBackUntil
)
{
    /// <summary>"papers (3 recovery points, deleted, to be had back until 2026-12-12 17:57:06Z)".</summary>
    public override string ToString() =>
        $"{Name} ({RecoveryPoints} recovery point(s){(IsDeleted ? ", deleted" : "")}{(HadBackUntil is { } until ? $", to be had back until {until:u}" : "")})";
}
