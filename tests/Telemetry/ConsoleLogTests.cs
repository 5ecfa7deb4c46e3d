using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using Microsoft.Extensions.Options;
using RecoveryVault.Errors;
using RecoveryVault.Telemetry;

namespace RecoveryVault.Tests.Telemetry;

public sealed class ConsoleLogTests
{
    [Theory]
    [InlineData("xml")]
    [InlineData("JSON")]
    [InlineData(" ")]
    public void Format_ThereIsNone_IsRefused(string format)
    {
        var refusal = Assert.Throws<VaultException>(() => OptionsOf(format));

        Assert.Equal(ErrorCodes.InvalidRequest, refusal.Code);
        Assert.Contains(ConsoleLog.FormatVariable, refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, ConsoleFormatterNames.Simple)]
    [InlineData("", ConsoleFormatterNames.Simple)]
    [InlineData("text", ConsoleFormatterNames.Simple)]
    [InlineData("json", ConsoleFormatterNames.Json)]
    public void Format_AsTheVariableSays_GoesToStandardError(string? format, string formatter)
    {
        var options = OptionsOf(format);

        Assert.Equal((formatter, LogLevel.Trace), (options.FormatterName, options.LogToStandardErrorThreshold));
    }

    private static ConsoleLoggerOptions OptionsOf(string? format)
    {
        var services = new ServiceCollection();
        services.AddLogging(logging =>
            ConsoleLog.AddTo(logging, LogLevel.Warning, name => name == ConsoleLog.FormatVariable ? format : null)
        );
        using var provider = services.BuildServiceProvider();
        return provider.GetRequiredService<IOptions<ConsoleLoggerOptions>>().Value;
    }
}

/// <summary>What other libraries put on their spans and ours never do.</summary>
public sealed class PlainSpansTests
{
    [Fact]
    public void Span_WithMessagesAndAddresses_KeepsHostAndCodeOnly()
    {
        using var span = new System.Diagnostics.Activity("test").Start();
        span.SetTag("url.full", "https://kv1.vault.localhost/keys/kek/0123?api-version=7.6").SetTag("url.path", "/keys/kek");
        span.SetTag("exception.message", "Vault 'docs'").SetTag("exception.stacktrace", "at docs").SetTag("server.address", "kv1");
        span.SetStatus(ActivityStatusCode.Error, "Vault 'docs'");
        using var plain = new PlainSpans();

        plain.OnEnd(span);

        Assert.Equal(["https://kv1.vault.localhost", "kv1"], span.TagObjects.Select(t => t.Value));
        Assert.Equal((ActivityStatusCode.Error, null), (span.Status, span.StatusDescription));
    }
}
