using System.Net;
using Azure;

namespace RecoveryVault.Storage.Azure;

/// <summary>What is known of a request that failed.</summary>
internal enum Verdict
{
    /// <summary>The service did not get it.</summary>
    NotSent,

    /// <summary>It may have been carried out: no answer, or none of the service's own.</summary>
    Unclear,

    /// <summary>The service says that its condition does not hold.</summary>
    Conflict,

    /// <summary>The service says that there is no such blob.</summary>
    Missing,

    /// <summary>The service says that it did nothing.</summary>
    Refused,
}

/// <summary>
/// Reads the failures of the SDK. Only a refusal with the service's own error code is its word: whatever stands between may answer 404,
/// 409 or 412 too.
/// </summary>
internal static class AzureFailure
{
    /// <summary>Whether an exception is a failed request, and no fault of the caller.</summary>
    public static bool IsOfRequest(Exception error) =>
        error is RequestFailedException or AggregateException or IOException or InvalidDataException or OperationCanceledException
        || error.GetType().Namespace == "Azure.Identity";

    public static Verdict Judge(Exception error) =>
        Cause(error) switch
        {
            RequestFailedException { Status: 0, InnerException: HttpRequestException e } when IsOfConnecting(e.HttpRequestError) =>
                Verdict.NotSent,
            RequestFailedException { ErrorCode: "ConditionNotMet" or "BlobAlreadyExists" or "TargetConditionNotMet" } => Verdict.Conflict,
            RequestFailedException { ErrorCode: "BlobNotFound" } => Verdict.Missing,
            RequestFailedException { Status: 401 or 403 } => Verdict.Refused,
            RequestFailedException { Status: >= 400 and < 500 and not 408 and not 429, ErrorCode.Length: > 0 } => Verdict.Refused,
            RequestFailedException or OperationCanceledException or IOException => Verdict.Unclear,
            // No token: nothing was sent.
            var other when other.GetType().Namespace == "Azure.Identity" => Verdict.NotSent,
            _ => Verdict.Unclear,
        };

    /// <summary>The store's exception; only a refused write is sure to have changed nothing.</summary>
    public static BlobStoreException Translate(string operation, Exception error)
    {
        var cause = Cause(error);
        return new(
            cause is RequestFailedException { Status: not 0 } answer ? KindOf(answer) : BlobError.Unavailable,
            $"{operation} failed: {Describe(cause)}.",
            // The service's answers quote signatures and addresses; what the transport says does not.
            cause is RequestFailedException
                ? cause.InnerException
                : cause
        );
    }

    /// <summary>One line, without addresses' queries, headers or bodies.</summary>
    public static string Describe(Exception error) =>
        Cause(error) switch
        {
            RequestFailedException { ErrorCode: "ContainerNotFound" } => "there is no such container",
            RequestFailedException { Status: 0, InnerException: { } inner } => FirstLine(Innermost(inner).Message),
            RequestFailedException { Status: 0 } => "the service did not answer",
            RequestFailedException { ErrorCode: { } code } answer => $"the service answered {answer.Status} {code}",
            RequestFailedException answer => $"the service answered {answer.Status} {(HttpStatusCode)answer.Status}",
            OperationCanceledException => "the service did not answer in time",
            var other => FirstLine(other.Message),
        };

    private static BlobError KindOf(RequestFailedException answer) =>
        answer switch
        {
            { Status: 401 or 403 } => BlobError.AccessDenied,
            { ErrorCode: "BlobImmutableDueToPolicy" or "BlobImmutableDueToLegalHold" or "LeaseIdMissing" or "SnapshotsPresent" } =>
                BlobError.AccessDenied,
            { ErrorCode: "InvalidResourceName" or "InvalidUri" } => BlobError.InvalidName,
            { Status: 507 } => BlobError.StoreFull,
            _ => BlobError.Unavailable,
        };

    private static bool IsOfConnecting(HttpRequestError reason) =>
        reason
            is HttpRequestError.NameResolutionError
                or HttpRequestError.ConnectionError
                or HttpRequestError.SecureConnectionError
                or HttpRequestError.ProxyTunnelError;

    /// <summary>The last of several tries says what it came to.</summary>
    private static Exception Cause(Exception error) =>
        error is AggregateException { InnerExceptions: [.., var last] } ? Cause(last) : error;

    /// <summary>What the transport wraps says why; the wrapping only says that it failed.</summary>
    private static Exception Innermost(Exception error) =>
        error is HttpRequestException { InnerException: { } inner } ? Innermost(inner) : error;

    private static string FirstLine(string text) => text.Split('\n')[0].TrimEnd('\r', '.', ' ');
}
