using Azure;
using Azure.Storage.Blobs.Models;

namespace RecoveryVault.Storage.Azure;

/// <summary>The contract's etags and conditions as those of the service: a quoted text is one version, and nothing else is.</summary>
internal static class AzureETags
{
    public static string Format(ETag etag) => etag.ToString("H");

    /// <summary>Whether a text can be the etag of a version; <c>*</c> or a list would match what it must not.</summary>
    public static bool IsETag(string text) =>
        text.Length > 2 && text[0] == '"' && text[^1] == '"' && !text.AsSpan(1, text.Length - 2).ContainsAnyExceptInRange('#', '~');

    /// <summary>Whether a condition can hold at all.</summary>
    public static bool CanHold(PutCondition condition) =>
        condition.Kind is not PutConditionKind.IfMatch || (condition.ETag is { } etag && IsETag(etag));

    /// <summary>Whether a put that did not happen so far would do what it was to do, and nothing else, if it were sent again.</summary>
    public static bool MayStillHold(PutCondition condition, ETag? current) =>
        condition.Kind switch
        {
            PutConditionKind.IfAbsent => current is null,
            PutConditionKind.IfMatch => current is { } etag && Format(etag) == condition.ETag,
            _ => false,
        };

    public static BlobRequestConditions Matching(string etag) => new() { IfMatch = new ETag(etag) };

    public static BlobRequestConditions? ConditionsOf(PutCondition condition) =>
        condition.Kind switch
        {
            PutConditionKind.IfAbsent => new() { IfNoneMatch = ETag.All },
            PutConditionKind.IfPresent => new() { IfMatch = ETag.All },
            PutConditionKind.IfMatch => Matching(condition.ETag ?? ""),
            _ => null,
        };
}
