using RecoveryVault.Items;

namespace RecoveryVault.Tests.Tampering;

/// <summary>A recovery point of the untouched store, and what it restores.</summary>
/// <param name="Entries">Path to everything about the entry, content included.</param>
internal sealed record StoredPoint(
    string Vault,
    string Item,
    ItemKey Key,
    string Name,
    string Manifest,
    IReadOnlyDictionary<string, string> Entries
);

/// <summary>How the restore of one recovery point went.</summary>
/// <param name="Codes">The codes it was refused with, whole or file by file; empty: everything came back as it was.</param>
/// <param name="Wrong">What came back and was never backed up so; null when nothing.</param>
internal sealed record RestoreOutcome(StoredPoint Point, IReadOnlySet<string> Codes, string? Wrong)
{
    public bool IsExact => Codes.Count == 0 && Wrong is null;
}

/// <summary>All that the product says of a store.</summary>
/// <param name="Listings">By item: what is listed, or the code of the refusal.</param>
/// <param name="LogFaults">Vaults whose activity log does not verify.</param>
/// <param name="Scrubbed">Blobs the scrub reports.</param>
/// <param name="Failures">What ended otherwise than with an answer or a coded refusal.</param>
internal sealed record Examination(
    IReadOnlyList<RestoreOutcome> Outcomes,
    IReadOnlyDictionary<string, (string? Code, IReadOnlyList<string> Shown)> Listings,
    IReadOnlySet<string> LogFaults,
    IReadOnlySet<string> Scrubbed,
    IReadOnlyList<string> Failures
);
