using System.Collections.Immutable;

namespace RecoveryVault.Tests.Scale;

/// <summary>What was asked of a store.</summary>
/// <param name="Puts">Puts, also such as were refused.</param>
/// <param name="Gets">Gets and ranged reads, also of what is not there.</param>
/// <param name="Lists">Pages listed.</param>
/// <param name="Deletes">Deletions.</param>
/// <param name="Written">Bytes put.</param>
/// <param name="Read">Bytes got.</param>
internal readonly record struct StoreUse(long Puts, long Gets, long Lists, long Deletes, long Written, long Read)
{
    public long Calls => Puts + Gets + Lists + Deletes;

    public static StoreUse operator +(StoreUse a, StoreUse b) =>
        new(a.Puts + b.Puts, a.Gets + b.Gets, a.Lists + b.Lists, a.Deletes + b.Deletes, a.Written + b.Written, a.Read + b.Read);

    public static StoreUse operator -(StoreUse a, StoreUse b) =>
        new(a.Puts - b.Puts, a.Gets - b.Gets, a.Lists - b.Lists, a.Deletes - b.Deletes, a.Written - b.Written, a.Read - b.Read);
}

/// <summary>What was asked of a store, by kind of object.</summary>
internal sealed record StoreUses(ImmutableDictionary<string, StoreUse> Kinds)
{
    public StoreUse All => Kinds.Values.Aggregate(default(StoreUse), (sum, use) => sum + use);

    public StoreUse this[string kind] => Kinds.GetValueOrDefault(kind);

    public static StoreUses operator +(StoreUses a, StoreUses b) =>
        new(a.Kinds.Keys.Union(b.Kinds.Keys).ToImmutableDictionary(kind => kind, kind => a[kind] + b[kind]));

    public static StoreUses operator -(StoreUses now, StoreUses before) =>
        new(now.Kinds.ToImmutableDictionary(use => use.Key, use => use.Value - before[use.Key]));
}
