using RecoveryVault.Keys;

namespace RecoveryVault.DevKeyVault.Rest;

/// <summary>The api-versions that the keys API had so far. The texts of the refusals are not public.</summary>
internal static class ApiVersions
{
    private static readonly string[] Known =
    [
        "7.0",
        "7.1",
        "7.2",
        "7.3",
        "7.4",
        "7.5",
        "7.6",
        "2025-07-01",
        "2026-01-01-preview",
        "2026-04-01",
        "2026-05-01-preview",
        "2026-07-01-preview",
    ];

    /// <exception cref="KeyVaultException">400.</exception>
    public static void Require(string? version)
    {
        if (version is null)
            throw Answers.BadParameter("The request must include an 'api-version' query parameter.");
        // Previews of a version count as the version.
        if (!Known.Contains(version) && !Known.Contains(version.Split("-preview")[0]))
            throw Answers.BadParameter($"The specified api-version '{version}' is not supported.");
    }
}
