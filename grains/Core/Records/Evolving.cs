using System.Text.Json;
using System.Text.Json.Serialization;

namespace RecoveryVault.Records;

/// <summary>
/// A part of a record that later releases may add members to. During a rolling upgrade silos of two releases write the same records by
/// turns: what the older one does not know it keeps and writes again. A part that does not derive from this is refused where it holds
/// something unknown (<see cref="LaterRecordException"/>).
/// </summary>
public abstract record Evolving
{
    /// <summary>Members that this release does not know, as they were read. They are written after all others.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Later { get; set; }

    public virtual bool Equals(Evolving? other) =>
        other is not null && EqualityContract == other.EqualityContract && AreEqual(Later ?? [], other.Later ?? []);

    public override int GetHashCode() => EqualityContract.GetHashCode();

    private static bool AreEqual(Dictionary<string, JsonElement> first, Dictionary<string, JsonElement> second) =>
        first.Count == second.Count
        && first.All(member => second.TryGetValue(member.Key, out var other) && JsonElement.DeepEquals(member.Value, other));
}
