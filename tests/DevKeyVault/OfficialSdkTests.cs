using System.Diagnostics;
using System.Text.RegularExpressions;
using RecoveryVault.DevKeyVault;
using RecoveryVault.Tests.Style;

namespace RecoveryVault.Tests.DevKeyVault;

/// <summary>Azure's own JavaScript SDK does everything with keys against the server: <c>npm test</c> in tests/conformance.</summary>
public sealed partial class OfficialSdkTests
{
    private const int LeastSteps = 30;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);

    [ToolsFact("node", "npm")]
    public async Task KeysOfAzuresSdk_PassEveryStep()
    {
        var folder = Path.Combine(Repository.Root, "tests", "conformance");
        var installed = await NpmAsync(folder, "ci", "--no-audit", "--no-fund");
        Assert.True(installed.Code == 0, installed.Output);

        var (code, output) = await NpmAsync(folder, "test");

        Assert.True(code == 0, output);
        Assert.True(int.Parse(Passed().Match(output).Groups[1].ValueSpan) >= LeastSteps, output);
    }

    private static async Task<(int Code, string Output)> NpmAsync(string folder, params string[] arguments)
    {
        var start = new ProcessStartInfo("npm", arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // The server as it was built with these tests.
        start.Environment["RVAULT_DEV_KEY_VAULT"] = typeof(DevKeyVaultServer).Assembly.Location;
        using var process = Process.Start(start) ?? throw new InvalidOperationException("npm did not start.");
        using var patience = new CancellationTokenSource(Patience, TimeProvider.System);
        var (output, errors) = (
            process.StandardOutput.ReadToEndAsync(patience.Token),
            process.StandardError.ReadToEndAsync(patience.Token)
        );
        try
        {
            await process.WaitForExitAsync(patience.Token);
            return (process.ExitCode, await output + await errors);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
    }

    [GeneratedRegex("^[#ℹ] pass ([0-9]+)$", RegexOptions.Multiline)]
    private static partial Regex Passed();
}
