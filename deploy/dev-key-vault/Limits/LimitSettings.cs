using System.Text.Json.Serialization;

namespace RecoveryVault.DevKeyVault.Limits;

/// <summary>Whether and how the service's limits are enforced.</summary>
/// <param name="Enabled">Off unless somebody wants to be throttled.</param>
/// <param name="Scale">Times the documented figures: 0.01 makes a small test hit them.</param>
/// <param name="WindowSeconds">What the figures are for; ten seconds in Azure.</param>
/// <param name="RetryAfter">Whether a refusal says when to come back. Azure documents that it does; recorded ones did not.</param>
internal sealed record LimitSettings(bool Enabled = false, double Scale = 1, double WindowSeconds = 10, bool RetryAfter = true)
{
    [JsonIgnore]
    public bool IsValid => Scale is > 0 and <= 1000 && WindowSeconds is >= 0.1 and <= 3600;
}
