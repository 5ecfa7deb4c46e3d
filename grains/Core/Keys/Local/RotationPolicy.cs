using System.Globalization;
using System.Text.RegularExpressions;

namespace RecoveryVault.Keys.Local;

/// <summary>When a key makes a new version by itself. Durations are ISO 8601 in years, months and days, as in the REST API.</summary>
/// <param name="ExpiryTime">How long a version made by rotation is valid; null: without end.</param>
/// <param name="RotateAfterCreate">Since the latest version was made; null: not by age.</param>
/// <param name="RotateBeforeExpiry">Before the latest version expires; null: not by expiry.</param>
/// <param name="NotifyBeforeExpiry">Kept and shown; nobody is notified here.</param>
public sealed partial record RotationPolicy(
    string? ExpiryTime = null,
    string? RotateAfterCreate = null,
    string? RotateBeforeExpiry = null,
    string? NotifyBeforeExpiry = null,
    long CreatedOn = 0,
    long UpdatedOn = 0
)
{
    // The service's bounds: a version lives at least 28 days and is rotated at least 7 days after it was made or before it ends.
    private const int MinExpiryDays = 28;
    private const int MinRotationDays = 7;

    /// <summary>What a key has before anybody gave it a policy.</summary>
    public static RotationPolicy Default { get; } = new(NotifyBeforeExpiry: "P30D");

    /// <exception cref="KeyVaultException">400.</exception>
    internal RotationPolicy Validated()
    {
        Require(ExpiryTime, MinExpiryDays, "expiryTime");
        Require(RotateAfterCreate, MinRotationDays, "timeAfterCreate");
        Require(RotateBeforeExpiry, MinRotationDays, "timeBeforeExpiry");
        if (RotateBeforeExpiry is not null && ExpiryTime is null)
            throw KeyVaultRefusal.BadParameter("A rotation policy with 'timeBeforeExpiry' needs an 'expiryTime'.");
        if (RotateAfterCreate is not null && RotateBeforeExpiry is not null)
            throw KeyVaultRefusal.BadParameter("A rotation policy has one trigger for 'Rotate', 'timeAfterCreate' or 'timeBeforeExpiry'.");
        return this;
    }

    internal bool IsDue(KeyVersionRecord latest, long now) =>
        (RotateAfterCreate is { } age && Add(latest.CreatedOn, age, 1) <= now)
        || (RotateBeforeExpiry is { } left && latest.ExpiresOn is { } expiry && Add(expiry, left, -1) <= now);

    internal long? ExpiryOf(long created) => ExpiryTime is null ? null : Add(created, ExpiryTime, 1);

    private static void Require(string? duration, int minDays, string name)
    {
        if (duration is null)
            return;
        if (!Duration().IsMatch(duration) || Add(0, duration, 1) < minDays * 86_400L)
            throw KeyVaultRefusal.BadParameter(
                $"The '{name}' of a rotation policy is an ISO 8601 duration of at least {minDays} days; got '{duration}'."
            );
    }

    private static long Add(long seconds, string duration, int sign)
    {
        var match = Duration().Match(duration);
        int Part(string name) =>
            match.Groups[name] is { Success: true } part ? sign * int.Parse(part.ValueSpan, CultureInfo.InvariantCulture) : 0;
        return DateTimeOffset.FromUnixTimeSeconds(seconds).AddYears(Part("y")).AddMonths(Part("m")).AddDays(Part("d")).ToUnixTimeSeconds();
    }

    [GeneratedRegex(@"\AP(?=[0-9])((?<y>[0-9]{1,2})Y)?((?<m>[0-9]{1,3})M)?((?<d>[0-9]{1,4})D)?\z", RegexOptions.CultureInvariant)]
    private static partial Regex Duration();
}
