using System.Globalization;
using System.Text.Json;
using RecoveryVault.Records;

namespace RecoveryVault.Stores;

/// <summary>What clear records say must be in the store.</summary>
internal static class NamedObjects
{
    /// <summary>The objects a grain's record names.</summary>
    /// <exception cref="JsonException">It is no such record.</exception>
    public static IReadOnlyList<string> In(string blobName, ReadOnlySpan<byte> content)
    {
        if (blobName.StartsWith(GrainRecords.AllItemBlobs, StringComparison.Ordinal))
        {
            var item = JsonSerializer.Deserialize(content, RecordJson.Default.ItemRecord);
            return Present([item?.Ring?.Name, item?.Descriptor?.Name, .. item?.Heads.Select(h => h.Manifest) ?? []]);
        }
        if (blobName.StartsWith(GrainRecords.AllVaultBlobs, StringComparison.Ordinal))
            return Present([JsonSerializer.Deserialize(content, RecordJson.Default.VaultRecord)?.Descriptor?.Name]);
        return [];
    }

    private static List<string> Present(IEnumerable<string?> names) => [.. names.OfType<string>()];
}

/// <summary>Finds gaps in activity logs while a listing goes through their entries in order.</summary>
internal sealed class LogPlaces
{
    private string _folder = "";
    private long _last;

    /// <summary>The entries that must lie between the last one seen and this one.</summary>
    public IReadOnlyList<string> Follow(string blobName)
    {
        var folder = blobName[..(blobName.LastIndexOf('/') + 1)];
        if (
            !folder.StartsWith("log/", StringComparison.Ordinal)
            || !long.TryParse(blobName.AsSpan(folder.Length), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var seq)
        )
            return [];
        var last = folder == _folder ? _last : 0;
        (_folder, _last) = (folder, seq);
        // A name out of all reason is not followed place by place.
        return
        [
            .. Enumerable.Range(1, (int)Math.Clamp(seq - last - 1, 0, 1000)).Select(i => folder + AuthenticatedRecords.Sequence(last + i)),
        ];
    }
}
