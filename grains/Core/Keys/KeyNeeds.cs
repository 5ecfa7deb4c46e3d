using RecoveryVault.Vaults;

namespace RecoveryVault.Keys;

/// <summary>
/// Which key versions a vault still needs, and what for. Computed when asked and never stored: a version is safe to disable as soon as
/// nothing stored needs it and nothing under way can come to need it.
/// </summary>
public static class KeyNeeds
{
    /// <summary>Stands for the vault itself, which wraps new data keys with the version in force.</summary>
    public const string Vault = "(vault)";

    /// <summary>Every version ever in force or found in storage, oldest first, each with the names of what needs it.</summary>
    public static IReadOnlyList<KeyNeed> Of(EncryptionSettings encryption, IReadOnlyList<ItemKeyUse> uses)
    {
        var found = uses.SelectMany(u => u.KeyIds).Order(StringComparer.Ordinal);
        return
        [
            .. encryption
                .History.Select(h => h.KeyId)
                .Concat(found)
                .Distinct()
                .Select(id => new KeyNeed(id, NeededBy(id, encryption, uses))),
        ];
    }

    /// <summary>More characters of names are not shown, of all versions together: they would not fit into a message.</summary>
    public const int MaxNameLength = 64 << 10;

    /// <summary>The same with no more names than can be shown; of a version that lacks some, the last says how many: "(17 more)".</summary>
    public static IReadOnlyList<KeyNeed> Shorten(IReadOnlyList<KeyNeed> needs)
    {
        var room = MaxNameLength;
        return [.. needs.Select(Fit)];

        KeyNeed Fit(KeyNeed need)
        {
            List<string> shown = [.. need.NeededBy.TakeWhile(name => (room -= name.Length) >= 0)];
            return shown.Count == need.NeededBy.Count
                ? need
                : need with
                {
                    NeededBy = [.. shown, $"({need.NeededBy.Count - shown.Count} more)"],
                };
        }
    }

    private static List<string> NeededBy(string keyId, EncryptionSettings encryption, IReadOnlyList<ItemKeyUse> uses)
    {
        List<string> neededBy = keyId == encryption.Current.KeyId ? [Vault] : [];
        var isLeaving = IsLeaving(keyId, encryption);
        neededBy.AddRange(uses.Where(u => u.KeyIds.Contains(keyId) || MayNeed(u, keyId) || (isLeaving && IsBehind(u))).Select(u => u.Name));
        return neededBy;

        // Enrolled before the announcement, not passed through yet: whoever is making its keys may still do so with the version they began
        // with.
        bool IsBehind(ItemKeyUse use) => !(use.Generation >= encryption.Current.Generation);
    }

    private static bool MayNeed(ItemKeyUse use, string keyId) => use.UnreadableRings > 0 && !KeyVersions.IsPlatform(keyId);

    /// <summary>A version that the pass under way replaces, or that was its target for a while.</summary>
    private static bool IsLeaving(string keyId, EncryptionSettings encryption) =>
        encryption.Previous is { } previous
        && (
            keyId == previous.KeyId
            || encryption.History.Any(h =>
                h.KeyId == keyId && h.Generation >= previous.Generation && h.Generation < encryption.Current.Generation
            )
        );
}

/// <summary>A key version and what needs it: names of items, and <see cref="KeyNeeds.Vault"/>.</summary>
public sealed record KeyNeed(string KeyId, IReadOnlyList<string> NeededBy)
{
    public bool SafeToDisable => NeededBy.Count == 0;
}
