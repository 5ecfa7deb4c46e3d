using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using RecoveryVault.Errors;

namespace RecoveryVault.Telemetry;

/// <summary>Where a process logs to: standard error, as text for people, or as one JSON document a line for programs.</summary>
public static class ConsoleLog
{
    public const string FormatVariable = "RVAULT_LOG_FORMAT";

    private const string Text = "text";
    private const string Json = "json";

    /// <param name="logging">The logs of a host.</param>
    /// <param name="level">The least that is logged.</param>
    /// <param name="variable">Reads an environment variable; empty counts as unset.</param>
    /// <exception cref="VaultException">InvalidRequest: there is no such format.</exception>
    public static void AddTo(ILoggingBuilder logging, LogLevel level, Func<string, string?> variable)
    {
        var format = variable(FormatVariable) is { Length: > 0 } given ? given : Text;
        if (format is not (Text or Json))
            throw new VaultException(ErrorCodes.InvalidRequest, $"{FormatVariable} is '{format}': want {Text} or {Json}.");
        logging.SetMinimumLevel(level);
        if (format == Json)
            logging.AddJsonConsole(options => (options.UseUtcTimestamp, options.TimestampFormat) = (true, "O"));
        else
            logging.AddSimpleConsole();
        logging.AddConsole(options =>
        {
            options.LogToStandardErrorThreshold = LogLevel.Trace;
            options.FormatterName = format == Json ? ConsoleFormatterNames.Json : ConsoleFormatterNames.Simple;
        });
    }
}
