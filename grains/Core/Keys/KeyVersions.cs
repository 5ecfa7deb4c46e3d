using System.Globalization;

namespace RecoveryVault.Keys;

/// <summary>
/// How key versions are written: bare for people (32 hex digits), full in records; the platform keyring's keys as <c>platform:N</c>.
/// </summary>
public static class KeyVersions
{
    private const string PlatformPrefix = "platform:";

    /// <summary>The bare version of a full key id; "platform" for the platform keyring.</summary>
    public static string Bare(string keyId) => IsPlatform(keyId) ? "platform" : KeyId.Parse(keyId).Version ?? "";

    public static bool IsPlatform(string keyId) => keyId.StartsWith(PlatformPrefix, StringComparison.Ordinal);

    public static string Platform(uint platformKeyId) => PlatformPrefix + platformKeyId.ToString(CultureInfo.InvariantCulture);

    /// <exception cref="FormatException">Not the id of a platform key.</exception>
    public static uint PlatformKeyId(string keyId) =>
        uint.Parse(keyId.AsSpan(PlatformPrefix.Length), NumberStyles.None, CultureInfo.InvariantCulture);
}
