using System.Text.Json.Serialization;
using RecoveryVault.DevKeyVault.Limits;
using RecoveryVault.Keys.Local;

namespace RecoveryVault.DevKeyVault.Management;

internal sealed record CreateKeyVault(
    string Location,
    bool EnableSoftDelete = true,
    int RetentionDays = 90,
    bool EnablePurgeProtection = false,
    bool EnableRbacAuthorization = false,
    NetworkDefaultAction DefaultAction = NetworkDefaultAction.Allow
);

internal sealed record SetPolicy(IReadOnlyList<string> Keys);

/// <summary>The settable clock: a time, or seconds to move it by.</summary>
internal sealed record SetClock(DateTimeOffset? Now = null, double AdvanceSeconds = 0);

internal sealed record ClockState(DateTimeOffset Now);

internal sealed record SetPropagation(double Seconds);

/// <summary>A token for tests: of any identity, audience, tenant and time, so that what must be refused can be made.</summary>
internal sealed record MakeToken(string ObjectId, string? Audience = null, string? TenantId = null, double LifetimeSeconds = 600);

internal sealed record MadeToken(string AccessToken)
{
    public override string ToString() => "MadeToken(redacted)";
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectRequiredConstructorParameters = true,
    UseStringEnumConverter = true
)]
[JsonSerializable(typeof(CreateKeyVault))]
[JsonSerializable(typeof(KeyVaultUpdate))]
[JsonSerializable(typeof(SetPolicy))]
[JsonSerializable(typeof(SetClock))]
[JsonSerializable(typeof(ClockState))]
[JsonSerializable(typeof(SetPropagation))]
[JsonSerializable(typeof(LimitSettings))]
[JsonSerializable(typeof(MakeToken))]
[JsonSerializable(typeof(MadeToken))]
internal sealed partial class ManagementJson : JsonSerializerContext;
