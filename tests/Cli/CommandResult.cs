using System.Text.Json;

namespace RecoveryVault.Tests.Cli;

/// <summary>How one command ended and what it printed.</summary>
internal sealed record CommandResult(string Command, int ExitCode, string Output, string Error)
{
    /// <summary>The one document on standard output.</summary>
    public JsonElement Json
    {
        get
        {
            using var document = JsonDocument.Parse(Output);
            return document.RootElement.Clone();
        }
    }

    /// <summary>The code of the error document, which must be the one on standard error too.</summary>
    public string RefusalCode
    {
        get
        {
            var error = Json.GetProperty("error");
            var code = error.GetProperty("code").GetString() ?? "";
            Assert.Contains($"{code}: {error.GetProperty("message").GetString()}", Error, StringComparison.Ordinal);
            Assert.False(
                string.IsNullOrWhiteSpace(error.GetProperty("recommendation").GetString()),
                $"{Command}: {code} does not say what to do"
            );
            return code;
        }
    }

    /// <summary>A value of the document, as text.</summary>
    public string this[string property] => Json.GetProperty(property).ToString();

    /// <summary>Itself when the exit code is that one; the failure shows all that was printed.</summary>
    public CommandResult Exits(int code)
    {
        Assert.True(ExitCode == code, $"{Command}\nexited with {ExitCode}, want {code}\n{Output}\n{Error}");
        return this;
    }

    /// <summary>A refusal of that code: exit code 1, both forms of the message, what to do.</summary>
    public CommandResult Refuses(string code)
    {
        Exits(1);
        Assert.Equal(code, RefusalCode);
        return this;
    }
}
