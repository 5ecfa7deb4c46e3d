using System.Runtime.Versioning;
using System.Security.Cryptography;
using System.Text.Json;
using RecoveryVault.Errors;
using RecoveryVault.Tests.Style;

namespace RecoveryVault.Tests.Cli;

/// <summary>
/// A backup that ends in its middle. The middle is certain: behind more content than a pack holds, the source has so many files that
/// cannot be read that the list of them fills the pipe of standard error, which nobody reads until the test wants it to go on.
/// </summary>
[Collection(CommandLineCollection.Name)]
[UnsupportedOSPlatform("windows")]
public sealed class InterruptedBackupTests : IAsyncLifetime, IDisposable
{
    private const int ContentBytes = 40 << 20;
    private const int UnreadableFiles = 400;
    private readonly CommandPlace _place = new();
    private long _storedBefore;

    public async Task InitializeAsync()
    {
        await _place.CreateVaultAsync();
        await _place.ProtectAsync("papers");
        (await _place.RunOnItemAsync("papers", "protection", "backup-now")).Exits(0);
        await File.WriteAllBytesAsync(Path.Combine(_place.Source, "big"), RandomNumberGenerator.GetBytes(ContentBytes));
        for (var i = 0; i < UnreadableFiles; i++)
        {
            var path = Path.Combine(_place.Source, $"z{i:d3}{new string('z', 240)}");
            await File.WriteAllTextAsync(path, "secret");
            File.SetUnixFileMode(path, UnixFileMode.None);
        }
        _storedBefore = StoredBytes();
    }

    public Task DisposeAsync() => Task.CompletedTask;

    public void Dispose() => _place.Dispose();

    [LinuxRootFact]
    public async Task Backup_KilledWhileAnotherProcessWaits_GivesTheStoreUpAndNothingIsLost()
    {
        await using (var backup = await StartAndStoreAsync())
        {
            await RequireHolderIsNamedAsync(backup.Id);
            await using var patient = RvaultProcess.Start([
                "vault",
                "show",
                "--name",
                "docs",
                "--wait",
                "60",
                .. _place.Options,
                "-o",
                "json",
            ]);
            await backup.SignalAsync("KILL");
            (await backup.EndAsync()).Exits(137);
            Assert.Equal("docs", (await patient.EndAsync()).Exits(0)["name"]);
        }
        var job = await RequireInterruptedAsync("Failed");
        Assert.Equal(ErrorCodes.JobInterrupted, job.GetProperty("errorDetails")[0].GetProperty("code").GetString());
        await RequireAdoptedAsync();
    }

    [LinuxRootFact]
    public async Task Backup_CtrlC_ExitsWith130AndNothingIsLost()
    {
        await using (var backup = await StartAndStoreAsync())
        {
            await backup.SignalAsync("INT");
            var result = (await backup.EndAsync()).Exits(130);
            Assert.Contains("Interrupted", result.Error, StringComparison.Ordinal);
            Assert.Empty(result.Output);
        }
        await RequireInterruptedAsync("Cancelled");
        await RequireAdoptedAsync();
    }

    private async Task RequireHolderIsNamedAsync(int holder)
    {
        var refused = (await _place.RunAsync("vault", "show", "--name", "docs", "--wait", "1")).Refuses(ErrorCodes.StoreInUse);
        Assert.Contains("Waiting for", refused.Error, StringComparison.Ordinal);
        var message = refused.Json.GetProperty("error").GetProperty("message").GetString();
        Assert.Contains($"process {holder} on {Environment.MachineName} (rvault protection backup-now)", message, StringComparison.Ordinal);
    }

    /// <summary>Returns when a whole pack of the backup is stored, and it waits for somebody to read what it says.</summary>
    private async Task<RvaultProcess> StartAndStoreAsync()
    {
        var backup = RvaultProcess.StartWithoutPowers([
            "protection",
            "backup-now",
            "--vault-name",
            "docs",
            "--item-name",
            "papers",
            "--no-progress",
            .. _place.Options,
            "-o",
            "json",
        ]);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (StoredBytes() < _storedBefore + (ContentBytes / 2))
        {
            patience.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
        return backup;
    }

    private long StoredBytes() =>
        new DirectoryInfo(Path.Combine(_place.Store, "packs")).EnumerateFiles("*", SearchOption.AllDirectories).Sum(pack => pack.Length);

    private async Task<JsonElement> RequireInterruptedAsync(string status)
    {
        var job = (await _place.RunAsync("job", "list", "--vault-name", "docs", "--operation", "Backup")).Exits(0).Json[0];
        Assert.Equal(status, job.GetProperty("status").GetString());
        Assert.Single((await _place.RunOnItemAsync("papers", "recoverypoint", "list")).Exits(0).Json.EnumerateArray());
        (await _place.RunOnItemAsync("papers", "recoverypoint", "verify", "--read-data")).Exits(0);
        (await _place.RunOnItemAsync("papers", "restore", "run", "--target", _place["earlier"])).Exits(0);
        Assert.Equal("Dear Anna", await File.ReadAllTextAsync(_place["earlier/latest"]));
        return job;
    }

    private async Task RequireAdoptedAsync()
    {
        await using var again = RvaultProcess.StartWithoutPowers([
            "protection",
            "backup-now",
            "--vault-name",
            "docs",
            "--item-name",
            "papers",
            "--no-progress",
            .. _place.Options,
            "-o",
            "json",
        ]);
        var result = (await again.EndAsync()).Exits(3);
        Assert.Equal("CompletedWithWarnings", result["status"]);
        Assert.Equal($"{UnreadableFiles}", result["filesUnreadable"]);
        Assert.Contains("Permission denied", result.Error, StringComparison.Ordinal);
        Assert.InRange(long.Parse(result["bytesStored"], System.Globalization.CultureInfo.InvariantCulture), 1, ContentBytes / 2);
        (await _place.RunOnItemAsync("papers", "restore", "run", "--target", _place["later"])).Exits(3);
        Assert.Equal(
            SHA256.HashData(await File.ReadAllBytesAsync(Path.Combine(_place.Source, "big"))),
            SHA256.HashData(await File.ReadAllBytesAsync(_place["later/big"]))
        );
    }
}
