using System.Diagnostics;
using System.Runtime.Versioning;
using System.Security.Cryptography;
using RecoveryVault.Connections;
using RecoveryVault.Errors;
using RecoveryVault.Serving;
using RecoveryVault.Tests.Processes;
using RecoveryVault.Tests.Style;

namespace RecoveryVault.Tests.Serving;

/// <summary><c>rvault serve</c> as a process, and commands that find it as others.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class ServeTests : IDisposable
{
    private const int BigBytes = 256 << 20;
    private static readonly string[] Item = ["--vault-name", "docs", "--item-name", "papers"];

    private readonly ServedPlace _place = new();

    public void Dispose() => _place.Dispose();

    [Theory]
    [InlineData("--gateway", "0.0.0.0:0")]
    [InlineData("--data-plane", "[::]")]
    public async Task Serve_OnAnAddressOthersReach_IsRefused(string option, string address) =>
        Assert.Equal(ErrorCodes.InsecureListenRefused, await ServedPlace.FailureOfAsync(_place.Start("serve", option, address)));

    [Fact]
    public async Task Command_WithAnotherSecret_IsRefused()
    {
        var (server, _) = await _place.ServeAsync();
        await using var ends = server;
        using var other = ConnectionSecret.Create();
        var record = ServerRecord.Find(_place.Keys);
        Assert.NotNull(record);
        (record with { Secret = other.Reveal() }).Write(_place.Keys);

        Assert.Equal(ErrorCodes.AccessDenied, await ServedPlace.FailureOfAsync(_place.Start("vault", "list")));
    }

    [Fact]
    public async Task Command_SecretFileOthersCanRead_IsRefused()
    {
        var (server, _) = await _place.ServeAsync();
        await using var ends = server;
        File.SetUnixFileMode(_place.SecretFile, UnixFileMode.UserRead | UnixFileMode.GroupRead);

        Assert.Equal(ErrorCodes.StoreAccessDenied, await ServedPlace.FailureOfAsync(_place.Start("vault", "list")));
    }

    [Fact]
    public async Task Command_ClusterWhereNobodyServes_IsUnavailable() =>
        Assert.Equal(
            ErrorCodes.ClusterUnavailable,
            await ServedPlace.FailureOfAsync(_place.Start("vault", "list", "--cluster", "127.0.0.1:9"))
        );

    [LinuxRootFact]
    public async Task SecretFile_OfTheServer_IsForItsUserOnly()
    {
        var (server, _) = await _place.ServeAsync();
        await using var ends = server;

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_place.SecretFile));
        Assert.True(ChildProcess.Succeeds("cat", _place.SecretFile));
        Assert.False(ChildProcess.Succeeds("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "cat", _place.SecretFile));
    }

    [Theory]
    [InlineData("KILL")]
    [InlineData("TERM")]
    public async Task Backup_ServerEndsMidway_FailsClearlyAndLosesNothing(string signal)
    {
        var (server, _) = await _place.ServeAsync();
        await using (server)
        {
            await _place.ProtectAsync();
            await _place.RunAsync(["protection", "backup-now", .. Item]);
            await File.WriteAllBytesAsync(Path.Combine(_place.Source, "big"), RandomNumberGenerator.GetBytes(BigBytes));
            var before = StoredBytes();
            var backup = _place.Start(["protection", "backup-now", .. Item]);
            while (StoredBytes() < before + PackBytes)
                await Task.Yield();
            await SignalAsync(server, signal);
            Assert.Equal(ErrorCodes.ClusterUnavailable, await ServedPlace.FailureOfAsync(backup));
            Assert.Equal(signal == "KILL" ? 137 : 0, await server.WaitAsync());
        }

        // From here on nobody serves: the same commands work by themselves.
        var jobs = await _place.RunAsync("job", "list", "--vault-name", "docs", "--operation", "Backup");
        Assert.Equal("Failed", jobs[0].GetProperty("status").GetString());
        Assert.Equal(1, (await _place.RunAsync(["recoverypoint", "list", .. Item])).GetArrayLength());
        await _place.RunAsync(["protection", "backup-now", .. Item]);
        await RestoreAndCompareAsync();
    }

    [Fact]
    public async Task Commands_OnAServedStore_WorkAsAlone()
    {
        var (server, printed) = await _place.ServeAsync();
        await using (server)
        {
            await _place.ProtectAsync();
            await _place.RunAsync("keyvault", "create", "--name", "kv1", "--location", "home");
            var backup = await _place.RunAsync(["protection", "backup-now", .. Item]);
            Assert.Equal("Completed", backup.GetProperty("status").GetString());
            Assert.Equal(2, backup.GetProperty("filesTotal").GetInt64());
            await RestoreAndCompareAsync();
            await _place.RunAsync(["recoverypoint", "verify", "--read-data", .. Item]);
            await _place.RunAsync("store", "verify");

            var gateway = printed.GetProperty("gateway").GetString() ?? "";
            var vaults = await ServedPlace.RunBareAsync("vault", "list", "--cluster", gateway, "--keys", _place.Keys, "-o", "json");
            Assert.Equal("docs", Assert.Single(vaults.EnumerateArray()).GetProperty("name").GetString());
            var log = await _place.RunAsync("activity-log", "list", "--vault-name", "docs");
            Assert.All(
                log.EnumerateArray(),
                entry => Assert.Equal($"{Environment.UserName}@{Environment.MachineName}", entry.GetProperty("caller").GetString())
            );
            await SignalAsync(server, "TERM");
            Assert.Equal(0, await server.WaitAsync());
        }
        Assert.False(File.Exists(_place.SecretFile));
        Assert.Equal(1, (await _place.RunAsync(["recoverypoint", "list", .. Item])).GetArrayLength());
    }

    private const long PackBytes = 30 << 20;

    private long StoredBytes() =>
        Directory.EnumerateFiles(_place.Store, "*", SearchOption.AllDirectories).Where(File.Exists).Sum(path => new FileInfo(path).Length);

    private async Task RestoreAndCompareAsync()
    {
        await _place.RunAsync(["restore", "run", .. Item, "--target", _place["restored"], "--overwrite"]);
        Assert.True(ChildProcess.Succeeds("diff", "-r", _place.Source, _place["restored"]));
    }

    private static async Task SignalAsync(ChildProcess process, string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", $"{process.Id}"]);
        await kill.WaitForExitAsync();
        Assert.Equal(0, kill.ExitCode);
    }
}
