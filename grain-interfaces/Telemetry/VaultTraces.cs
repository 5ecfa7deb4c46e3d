using System.Diagnostics;
using RecoveryVault.Errors;
using Span = System.Diagnostics.Activity;

namespace RecoveryVault.Telemetry;

/// <summary>
/// What clients and silos tell of their work as spans: the one activity source <c>RecoveryVault</c>. Without a listener nothing is made.
/// Spans carry ids, counts, hosts and codes; no names, paths, key URIs or messages.
/// </summary>
public static class VaultTraces
{
    /// <summary>The source's name, to subscribe to.</summary>
    public const string Name = "RecoveryVault";

    /// <summary>The attribute that says why a span failed: an error code of ours, or the exception's type.</summary>
    public const string ErrorType = "error.type";

    private static readonly ActivitySource Source = new(Name);

    /// <summary>Whether anybody listens.</summary>
    public static bool IsHeard => Source.HasListeners();

    /// <summary>Begins a span; null when nobody wants it. Disposing ends it.</summary>
    /// <param name="name">What is done; one of few.</param>
    /// <param name="kind">Client for what is asked of another service.</param>
    public static Span? Start(string name, ActivityKind kind = ActivityKind.Internal) => Source.StartActivity(name, kind);

    /// <summary>Marks a span as failed, with a code and without the message.</summary>
    /// <param name="span">The span; null: nobody wants it.</param>
    /// <param name="failure">What failed it.</param>
    public static void Fail(this Span? span, Exception failure) =>
        span.Fail(failure is VaultException refusal ? refusal.Code : failure.GetType().Name);

    /// <summary>Marks a span as failed.</summary>
    /// <param name="span">The span; null: nobody wants it.</param>
    /// <param name="code">Why.</param>
    public static void Fail(this Span? span, string code)
    {
        if (span is null)
            return;
        span.SetStatus(ActivityStatusCode.Error);
        span.SetTag(ErrorType, code);
    }

    /// <summary>Runs work inside a span.</summary>
    /// <param name="name">What is done; one of few.</param>
    /// <param name="work">Given the span, to tag it; null when nobody wants it.</param>
    public static async Task<T> RunAsync<T>(string name, Func<Span?, Task<T>> work)
    {
        using var span = Start(name);
        try
        {
            return await work(span);
        }
        catch (Exception e)
        {
            span.Fail(e);
            throw;
        }
    }
}
