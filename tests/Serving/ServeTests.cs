using System.Diagnostics;
using System.Runtime.Versioning;
using System.Security.Cryptography;
using RecoveryVault.Connections;
using RecoveryVault.Errors;
using RecoveryVault.Serving;
using RecoveryVault.Tests.Cli;
using RecoveryVault.Tests.Processes;
using RecoveryVault.Tests.Style;

namespace RecoveryVault.Tests.Serving;

/// <summary><c>rvault serve</c> as a process, and commands that find it as others.</summary>
[Collection(CommandLineCollection.Name)]
[UnsupportedOSPlatform("windows")]
public sealed class ServeTests : IDisposable
{
    private const int BigBytes = 256 << 20;

    /// <summary>Less than the first pack: as soon as so much is stored, a backup of the big file is in its middle.</summary>
    private const long PackBytes = 30 << 20;
    private static readonly TimeSpan LookPeriod = TimeSpan.FromMilliseconds(10);
    private static readonly string[] Item = ["--vault-name", "docs", "--item-name", "papers"];

    private readonly ServedPlace _place = new();

    public void Dispose() => _place.Dispose();

    [Theory]
    [InlineData("--gateway", "0.0.0.0:0")]
    [InlineData("--data-plane", "[::]")]
    public async Task Serve_OnAnAddressOthersReach_IsRefused(string option, string address) =>
        (await _place.RunAsync("serve", option, address)).Refuses(ErrorCodes.InsecureListenRefused);

    [Fact]
    public async Task Command_WithAnotherSecret_IsRefused()
    {
        var (server, _) = await _place.ServeAsync();
        await using var ends = server;
        using var other = ConnectionSecret.Create();
        var record = ServerRecord.Find(_place.Keys);
        Assert.NotNull(record);
        (record with { Secret = other.Reveal() }).Write(_place.Keys);

        (await _place.RunAsync("vault", "list")).Refuses(ErrorCodes.AccessDenied);
    }

    [Fact]
    public async Task Command_SecretFileOthersCanRead_IsRefused()
    {
        var (server, _) = await _place.ServeAsync();
        await using var ends = server;
        File.SetUnixFileMode(_place.SecretFile, UnixFileMode.UserRead | UnixFileMode.GroupRead);

        (await _place.RunAsync("vault", "list")).Refuses(ErrorCodes.StoreAccessDenied);
    }

    [Fact]
    public async Task Command_ClusterWhereNobodyServes_IsUnavailable() =>
        (await _place.RunAsync("vault", "list", "--cluster", "127.0.0.1:9")).Refuses(ErrorCodes.ClusterUnavailable);

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
            (await _place.RunAsync(["protection", "backup-now", .. Item])).Exits(0);
            await File.WriteAllBytesAsync(Path.Combine(_place.Source, "big"), RandomNumberGenerator.GetBytes(BigBytes));
            var before = StoredBytes();
            var backup = _place.Start(["protection", "backup-now", .. Item]);
            while (StoredBytes() < before + PackBytes)
                await Task.Delay(LookPeriod, TimeProvider.System);
            await SignalAsync(server, signal);
            Assert.Equal(ErrorCodes.ClusterUnavailable, await ServedPlace.FailureOfAsync(backup));
            Assert.Equal(signal == "KILL" ? 137 : 0, await server.WaitAsync());
        }

        // From here on nobody serves: the same commands work by themselves.
        var jobs = (await _place.RunAsync("job", "list", "--vault-name", "docs", "--operation", "Backup")).Exits(0).Json;
        Assert.Equal("Failed", jobs[0].GetProperty("status").GetString());
        Assert.Equal(1, (await _place.RunAsync(["recoverypoint", "list", .. Item])).Exits(0).Json.GetArrayLength());
        (await _place.RunAsync(["protection", "backup-now", .. Item])).Exits(0);
        await RestoreAndCompareAsync();
    }

    [Fact]
    public async Task Commands_OnAServedStore_WorkAsAlone()
    {
        var (server, printed) = await _place.ServeAsync();
        await using (server)
        {
            await _place.ProtectAsync();
            (await _place.RunAsync("keyvault", "create", "--name", "kv1", "--location", "home")).Exits(0);
            await using (var backup = _place.Start(["protection", "backup-now", .. Item]))
                await backup.RequireSuccessAsync();
            await RestoreAndCompareAsync();
            (await _place.RunAsync(["recoverypoint", "verify", "--read-data", .. Item])).Exits(0);
            (await _place.RunAsync("store", "verify")).Exits(0);

            var gateway = printed.GetProperty("gateway").GetString() ?? "";
            string[] elsewhere = ["--cluster", gateway, "--keys", _place.Keys, "--store", _place["elsewhere"], "-o", "json"];
            var vaults = (await CommandPlace.RunBareAsync(["vault", "list", .. elsewhere])).Exits(0).Json;
            Assert.Equal("docs", Assert.Single(vaults.EnumerateArray()).GetProperty("name").GetString());
            var log = (await _place.RunAsync("activity-log", "list", "--vault-name", "docs")).Exits(0).Json;
            Assert.All(
                log.EnumerateArray(),
                entry => Assert.Equal($"{Environment.UserName}@{Environment.MachineName}", entry.GetProperty("caller").GetString())
            );
            await SignalAsync(server, "TERM");
            Assert.Equal(0, await server.WaitAsync());
        }
        Assert.False(File.Exists(_place.SecretFile));
        Assert.Equal(1, (await _place.RunAsync(["recoverypoint", "list", .. Item])).Exits(0).Json.GetArrayLength());
    }

    private long StoredBytes() =>
        Directory.EnumerateFiles(_place.Store, "*", SearchOption.AllDirectories).Where(File.Exists).Sum(path => new FileInfo(path).Length);

    private async Task RestoreAndCompareAsync()
    {
        (await _place.RunAsync(["restore", "run", .. Item, "--target", _place["restored"], "--overwrite"])).Exits(0);
        Assert.True(ChildProcess.Succeeds("diff", "-r", _place.Source, _place["restored"]));
    }

    private static async Task SignalAsync(ChildProcess process, string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", $"{process.Id}"]);
        await kill.WaitForExitAsync();
        Assert.Equal(0, kill.ExitCode);
    }
}
