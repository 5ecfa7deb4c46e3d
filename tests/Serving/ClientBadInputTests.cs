using System.Runtime.Versioning;
using RecoveryVault.Connections;
using RecoveryVault.Embedded;
using RecoveryVault.Errors;
using RecoveryVault.Tests.Cli;
using RecoveryVault.Tests.Processes;
using RecoveryVault.Tests.Storage.Azure;
using RecoveryVault.Tests.Style;

namespace RecoveryVault.Tests.Serving;

/// <summary><c>rvault --cluster</c> with a way that leads nowhere: exit code 1 in bounded time, a code, why, and what to do.</summary>
[Collection(CommandLineCollection.Name)]
[UnsupportedOSPlatform("windows")]
public sealed class ClientBadInputTests : IDisposable
{
    private readonly SiloPlace _place = new();

    public void Dispose() => _place.Dispose();

    [Fact]
    public async Task Command_WithAWayThatLeadsNowhere_EndsWithItsCodeInOneLine()
    {
        if (TestScale.Factor < 3)
            return;
        await _place.CreateStoreAsync();
        await using var silo = _place.Start();
        var at = await SiloPlace.ReadyAsync(silo);
        var otherSecret = MakeSecret("other");

        await Task.WhenAll(
            RefusesAsync($"127.0.0.1:{AzuriteServer.ClosedPort()}", ErrorCodes.ClusterUnavailable, "Nobody answers"),
            RefusesAsync($"{at.Gateway}", ErrorCodes.AccessDenied, "does not know the secret", $"{SecretFile.Variable}={otherSecret}"),
            RefusesAsync($"{at.Gateway}", ErrorCodes.ClusterUnavailable, "cluster 'foreign'", "RVAULT_CLUSTER_ID=foreign"),
            RefusesAsync(new Uri(at.DataPlane).Authority, ErrorCodes.AccessDenied, "no way in at"),
            RefusesAsync("gateway", ErrorCodes.InvalidRequest, "'gateway' is no gateway"),
            RefusesAsync("10.0.0.1:30000", ErrorCodes.InsecureListenRefused, "10.0.0.1:30000 is"),
            RefusesAsync($"{at.Gateway}", ErrorCodes.InvalidRequest, _place["nowhere"], $"{SecretFile.Variable}={_place["nowhere"]}")
        );
        Assert.False(silo.HasEnded, silo.Errors);
    }

    private async Task RefusesAsync(string gateways, string code, string why, params string[] variables)
    {
        string[] environment = ["env", "RVAULT_STORE=", $"{SecretFile.Variable}={_place.SecretPath}", .. variables];
        await using var client = ChildProcess.StartUnder(environment, "rvault", ["vault", "list", "--cluster", gateways]);
        Assert.Equal(1, await client.WaitAsync());
        var lines = client.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.True(lines.Length == 2, client.Errors);
        Assert.StartsWith($"{code}: ", lines[0], StringComparison.Ordinal);
        Assert.Contains(why, lines[0], StringComparison.Ordinal);
    }

    private string MakeSecret(string name)
    {
        using var secret = ConnectionSecret.Create();
        using var file = new StreamWriter(PrivateFiles.CreateNew(_place[name]));
        file.Write(secret.Reveal());
        return _place[name];
    }
}
