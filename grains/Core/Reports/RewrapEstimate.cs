using RecoveryVault.Keys;
using RecoveryVault.Keys.Traffic;

namespace RecoveryVault.Reports;

/// <summary>What re-wrapping is going to ask of the key vaults, and how long it takes at least.</summary>
/// <param name="Calls">Of all key vaults together, those of the change's own checks among them.</param>
/// <param name="Seconds">Rounded up: what the budget allows, or what the calls take one after the other, whichever is longer.</param>
/// <param name="KeyVaults">The calls by key vault.</param>
public sealed record RewrapEstimate(int Calls, long Seconds, IReadOnlyList<KeyVaultLoad> KeyVaults)
{
    /// <summary>An item's data key is unwrapped by the old version, wrapped by the new one, and unwrapped again to be sure.</summary>
    private const int CallsToNewKey = 2;

    /// <summary>Get, wrap, unwrap.</summary>
    private const int ChecksOfOldKey = 3;

    public static readonly RewrapEstimate None = new(0, 0, []);

    /// <param name="items">How many are re-wrapped.</param>
    /// <param name="newKey">The candidate.</param>
    /// <param name="oldKey">The version they are leaving; null when nothing needs it.</param>
    /// <param name="perCall">How long one call took.</param>
    /// <param name="budgetOf">Units in ten seconds that a key vault may be asked for; null: no limit.</param>
    public static RewrapEstimate Of(int items, KeyVaultKey newKey, KeyVaultKey? oldKey, TimeSpan perCall, Func<KeyId, int?> budgetOf)
    {
        List<KeyVaultLoad> loads = [LoadOf(newKey, KeyFacts.MostCalls, items * CallsToNewKey, budgetOf)];
        if (oldKey is not null)
            loads.Add(LoadOf(oldKey, ChecksOfOldKey, items, budgetOf));
        List<KeyVaultLoad> byHost = [.. loads.GroupBy(l => l.Host).Select(KeyVaultLoad.Sum)];
        var calls = byHost.Sum(l => l.Calls);
        var budgeted = byHost.Max(l => l.Seconds);
        return new RewrapEstimate(calls, (long)Math.Ceiling(Math.Max(budgeted, calls * perCall.TotalSeconds)), byHost);
    }

    private static KeyVaultLoad LoadOf(KeyVaultKey key, int checks, int calls, Func<KeyId, int?> budgetOf)
    {
        var keyId = key.Properties.Id;
        var weight = CallWeights.OfWrapped(key.SizeBits / 8);
        return new KeyVaultLoad(keyId.Host, checks + calls, (checks + calls) * weight, budgetOf(keyId));
    }
}

/// <summary>What one key vault is asked for.</summary>
/// <param name="Host">Its name.</param>
/// <param name="Calls">How many calls.</param>
/// <param name="Units">The same weighed by key size, as its limit counts.</param>
/// <param name="UnitsPerTenSeconds">What this process may ask of it; null: no limit.</param>
public sealed record KeyVaultLoad(string Host, int Calls, long Units, int? UnitsPerTenSeconds)
{
    internal static KeyVaultLoad Sum(IEnumerable<KeyVaultLoad> loads) =>
        loads.Aggregate((a, b) => a with { Calls = a.Calls + b.Calls, Units = a.Units + b.Units });

    /// <summary>At the rate a pass gets: an eighth of the budget at once, three quarters refilled over ten seconds.</summary>
    internal double Seconds =>
        UnitsPerTenSeconds is { } budget ? Math.Max(0, Units - budget / 8d) / (budget * 0.75 / CallBudget.Window.TotalSeconds) : 0;
}
