using System.Diagnostics;
using OpenTelemetry;
using Span = System.Diagnostics.Activity;

namespace RecoveryVault.Telemetry;

/// <summary>
/// Takes out of other libraries' spans what ours never hold: messages of exceptions, which name vaults and paths, and addresses beyond the
/// host, which name keys and sessions.
/// </summary>
internal sealed class PlainSpans : BaseProcessor<Span>
{
    private static readonly string[] Texts = ["exception.message", "exception.stacktrace", "url.path", "url.query", "db.statement"];

    public override void OnEnd(Span data)
    {
        foreach (var text in Texts)
            data.SetTag(text, null);
        if (data.GetTagItem("url.full") is string full)
            data.SetTag("url.full", Uri.TryCreate(full, UriKind.Absolute, out var uri) ? uri.GetLeftPart(UriPartial.Authority) : null);
        if (data.Status == ActivityStatusCode.Error)
            data.SetStatus(ActivityStatusCode.Error);
    }
}
