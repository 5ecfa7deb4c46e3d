using System.Text.Json;
using Azure;

namespace RecoveryVault.Keys.Rest;

/// <summary>Makes keys out of answers, and takes no answer for another key than the one asked about.</summary>
internal static class KeyAnswers
{
    // A key vault lists at most 25 a page; no key has that many pages of versions.
    public const int MaxPages = 1000;

    public static KeyVaultKey ToKey(Response answer, ReadOnlySpan<byte> body, KeyId asked)
    {
        var read = Parse(body, asked.Host, answer.Status, static b => JsonSerializer.Deserialize(b, RestJson.Default.RestKey));
        if (read?.Key is not { Kty: { } type } key || PublicKeys.Describe(key) is not var (size, thumbprint))
            throw RestRefusals.NotUnderstood(asked.Host, answer.Status, "it holds no key");
        return new(
            ToProperties(key.Kid, read.Attributes, asked),
            type,
            size,
            key.KeyOps ?? [],
            thumbprint,
            answer.Headers.TryGetValue("x-ms-keyvault-region", out var region) ? region : ""
        );
    }

    public static (IReadOnlyList<KeyProperties> Versions, string? NextLink) ToPage(Response answer, ReadOnlySpan<byte> body, KeyId asked)
    {
        var page = Parse(body, asked.Host, answer.Status, static b => JsonSerializer.Deserialize(b, RestJson.Default.RestKeyPage));
        return page?.Value is { } items
            ? ([.. items.Select(item => ToProperties(item.Kid, item.Attributes, asked))], page.NextLink)
            : throw RestRefusals.NotUnderstood(asked.Host, answer.Status, "it holds no list of keys");
    }

    /// <summary>The id in an answer, which must be the key asked about and name a version: the one asked about, if one was.</summary>
    public static KeyId ToId(string? kid, KeyId asked)
    {
        var isMine =
            KeyId.TryParse(kid, out var id)
            && id.Host == asked.Host
            && id.Name.Equals(asked.Name, StringComparison.OrdinalIgnoreCase)
            && id.Version is not null
            && (asked.Version is null || id.Version == asked.Version);
        return isMine && id is not null ? id : throw RestRefusals.NotUnderstood(asked.Host, 200, $"it is about '{kid}' instead of {asked}");
    }

    private static KeyProperties ToProperties(string? kid, RestAttributes? attributes, KeyId asked) =>
        new(
            ToId(kid, asked),
            // Default deny: a key that is not said to be enabled is not.
            attributes?.Enabled
                ?? false,
            Time(attributes?.Created) ?? DateTimeOffset.UnixEpoch,
            Time(attributes?.Nbf),
            Time(attributes?.Exp),
            // Nothing said counts as the weakest: no soft delete.
            attributes?.RecoveryLevel
                ?? "Purgeable"
        );

    private static DateTimeOffset? Time(long? seconds) =>
        seconds is null ? null
        : seconds is < 0 or > 253_402_300_799 ? throw RestRefusals.NotUnderstood("the key vault", 200, $"{seconds} is no time")
        : DateTimeOffset.FromUnixTimeSeconds(seconds.Value);

    private static T? Parse<T>(ReadOnlySpan<byte> body, string host, int status, Func<byte[], T?> parse)
    {
        try
        {
            return parse(body.ToArray());
        }
        catch (JsonException e)
        {
            throw RestRefusals.NotUnderstood(host, status, e.Message);
        }
    }
}
