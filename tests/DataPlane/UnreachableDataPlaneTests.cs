using System.Net;
using System.Net.Sockets;
using RecoveryVault.Connections;
using RecoveryVault.DataPath;
using RecoveryVault.DataPlane;
using RecoveryVault.Errors;
using RecoveryVault.Tests.Storage.Azure;

namespace RecoveryVault.Tests.DataPlane;

/// <summary>A silo whose gateway answers and whose data plane does not.</summary>
public sealed class UnreachableDataPlaneTests : IDisposable
{
    private readonly ConnectionSecret _secret = ConnectionSecret.Create();
    private readonly HttpDataPlane _client;

    public UnreachableDataPlaneTests() =>
        _client = new HttpDataPlane(_secret, TimeProvider.System) { Silence = TimeSpan.FromMilliseconds(50) };

    [Fact]
    public async Task Open_NobodyListens_SaysWhereAfterABoundedNumberOfTries()
    {
        var endpoint = $"127.0.0.1:{AzuriteServer.ClosedPort()}";
        var refusal = await RefusalOfAsync($"http://{endpoint}");
        Assert.Equal(ErrorCodes.ClusterUnavailable, refusal.Code);
        Assert.StartsWith($"The data plane at {endpoint} does not answer: ", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_WhoeverListensSaysNothing_IsGivenUp()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        var refusal = await RefusalOfAsync($"http://{silent.LocalEndpoint}");
        Assert.Equal(ErrorCodes.ClusterUnavailable, refusal.Code);
        Assert.StartsWith(
            $"The data plane at {silent.LocalEndpoint} does not answer: nothing came",
            refusal.Message,
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("http://10.0.0.1:4000")]
    [InlineData("http://silo.example:4000")]
    [InlineData("https://127.0.0.1:4000")]
    [InlineData("127.0.0.1:4000")]
    public async Task Open_WhereNothingMayBeSent_IsRefusedUntried(string endpoint)
    {
        var refusal = await RefusalOfAsync(endpoint);
        Assert.Equal(ErrorCodes.AccessDenied, refusal.Code);
        Assert.Contains($"'{endpoint}'", refusal.Message, StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _client.Dispose();
        _secret.Dispose();
    }

    private async Task<VaultException> RefusalOfAsync(string endpoint)
    {
        var ticket = new SessionTicket(Guid.NewGuid(), endpoint, [.. new byte[32]]);
        var backup = await Assert.ThrowsAsync<VaultException>(async () => await _client.OpenBackupAsync(ticket, default));
        var restore = await Assert.ThrowsAsync<VaultException>(async () => await _client.OpenRestoreAsync(ticket, default));
        Assert.Equal((backup.Code, backup.Message), (restore.Code, restore.Message));
        return restore;
    }
}
