namespace RecoveryVault.Tests.Scale;

/// <summary>Which kind of object a name of the store is, and who writes it.</summary>
internal static class ObjectKinds
{
    private static readonly (string Prefix, string Kind, string Writer)[] Known =
    [
        ("names/vaults/", "name of a vault", "directory"),
        ("names/items/", "name of an item", "vault"),
        ("grainstate/record-vault/", "vault's record", "vault"),
        ("grainstate/record-item/", "item's record", "item"),
        ("descriptors/", "settings", "vault, item"),
        ("rings/", "key ring", "item"),
        ("heads/", "head", "item"),
        ("tombstones/", "deletions", "item"),
        ("manifests/", "manifest", "session"),
        ("packs/", "pack", "session"),
        ("index/", "index run", "session"),
        ("damaged/", "mark of damage", "session"),
        ("jobs/", "job", "vault, item"),
        ("log/", "log entry", "log"),
        ("checkpoints/", "checkpoint of a log", "log"),
        ("reminders/", "reminders", "reminder table"),
        ("clock", "clock", "item"),
        ("proofs/", "proof", "vault"),
        ("", "other", "silo"),
    ];

    /// <summary>Every kind, in the order in which they are told.</summary>
    public static IReadOnlyList<string> All { get; } = [.. Known.Select(known => known.Kind)];

    public static string Of(string name) => Find(name).Kind;

    public static string WriterOf(string kind) => Known.First(known => known.Kind == kind).Writer;

    private static (string Prefix, string Kind, string Writer) Find(string name)
    {
        foreach (var known in Known)
            if (name.StartsWith(known.Prefix, StringComparison.Ordinal))
                return known;
        return Known[^1];
    }
}
