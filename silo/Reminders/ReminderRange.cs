using System.Globalization;
using RecoveryVault.Storage;

namespace RecoveryVault.Reminders;

/// <summary>
/// A part of the ring of grains' hashes: all after <paramref name="Begin"/> up to <paramref name="End"/>, around the end of the numbers
/// where that is not the larger; from a number to itself is the whole ring.
/// </summary>
internal readonly record struct ReminderRange(uint Begin, uint End)
{
    public bool Contains(uint hash) => Begin < End ? hash > Begin && hash <= End : hash > Begin || hash <= End;

    /// <summary>Whether a hash of a bucket can be among them.</summary>
    public bool Touches(int bucket)
    {
        var isAfter = Begin < uint.MaxValue && bucket >= ReminderBuckets.Of(Begin + 1);
        var isBefore = bucket <= ReminderBuckets.Of(End);
        return Begin < End ? isAfter && isBefore : isAfter || isBefore;
    }
}

/// <summary>The blobs of a service's reminders: one for each highest byte of the grains' hashes.</summary>
internal sealed class ReminderBuckets(string serviceId)
{
    public const int Count = 256;

    /// <summary>What all their names begin with.</summary>
    public string Prefix { get; } = $"reminders/{NamePart.Of(serviceId)}/";

    public static int Of(uint hash) => (int)(hash >> 24);

    public string Name(int bucket) => $"{Prefix}{bucket.ToString("x2", CultureInfo.InvariantCulture)}.json";

    /// <summary>The bucket of a name; null when it is none's.</summary>
    public int? Find(string name)
    {
        var isNumber = int.TryParse(
            name.AsSpan(Prefix.Length, Math.Min(2, name.Length - Prefix.Length)),
            NumberStyles.AllowHexSpecifier,
            CultureInfo.InvariantCulture,
            out var bucket
        );
        return isNumber && Name(bucket) == name ? bucket : null;
    }
}
