using System.Buffers;
using System.Net;
using System.Net.Sockets;
using System.Runtime.Versioning;
using System.Text;
using RecoveryVault.Errors;
using RecoveryVault.Serving;
using RecoveryVault.Storage;
using RecoveryVault.Stores;
using RecoveryVault.Tests.Cli;
using RecoveryVault.Tests.DevKeyVault;
using RecoveryVault.Tests.Processes;
using RecoveryVault.Tests.Storage.Azure;
using RecoveryVault.Tests.Style;

namespace RecoveryVault.Tests.Serving;

/// <summary>
/// <c>rvault silo</c> as a process, set up wrongly in each way there is: it ends by itself with exit code 1, and says in one line with a
/// stable code what was refused and why, and in a second what to do. Only where more than the least is asked for.
/// </summary>
[Collection(CommandLineCollection.Name)]
[UnsupportedOSPlatform("windows")]
public sealed class SiloBadInputTests
{
    private const string OtherKey = "b3RoZXJrZXlvdGhlcmtleW90aGVya2V5b3RoZXJrZXk=";

    [ToolsFact("node", "npm")]
    public async Task Start_SetUpWrongly_EndsWithItsCodeInOneLine()
    {
        if (TestScale.Factor < 3)
            return;
        var azurite = await AzuriteServer.SharedAsync();
        using var place = new AzureSiloPlace(azurite);
        await place.CreateStoreAsync();
        using var other = new AzureSiloPlace(azurite);
        await other.CreateStoreAsync();
        using var newer = new AzureSiloPlace(azurite);
        await newer.CreateStoreAsync();
        await MakeNewerAsync(newer.Blobs);
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        var silentPort = ((IPEndPoint)silent.LocalEndpoint).Port;
        await using var claim = await ClusterClaim.TakeAsync(place.Blobs, "elsewhere", TimeProvider.System);

        await Task.WhenAll(
            RefusesAsync(place.Start(AzuriteServer.ConnectionStringAt(AzuriteServer.ClosedPort())), ErrorCodes.StoreUnavailable, "refused"),
            RefusesAsync(place.Start(AzuriteServer.ConnectionStringAt(silentPort)), ErrorCodes.StoreUnavailable, "did not answer in time"),
            RefusesAsync(
                place.Start(azurite.ConnectionString.Replace(AzuriteServer.AccountKey, OtherKey, StringComparison.Ordinal)),
                ErrorCodes.StoreAccessDenied,
                "403"
            ),
            RefusesAsync(place.Start(null, "RVAULT_BLOBS_CONTAINER=nonesuch"), ErrorCodes.StoreNotFound, "no container at"),
            RefusesAsync(place.Start(), ErrorCodes.StoreOfAnotherCluster, "cluster 'elsewhere'"),
            RefusesAsync(place.Start(null, "RVAULT_SERVICE_ID=foreign"), ErrorCodes.StoreOfAnotherCluster, "service 'foreign'"),
            RefusesAsync(newer.Start(), ErrorCodes.StoreTooNew, $"{StoreManifest.CurrentVersion + 1}")
        );
        await Task.WhenAll(
            RefusesAsync(place.Start(null, $"RVAULT_KEYS={other.Options.KeysPath}"), ErrorCodes.WrongPlatformKey, "key"),
            RefusesAsync(place.Start(null, $"RVAULT_KEYS={place["none"]}"), ErrorCodes.KeysNotFound, place["none"]),
            RefusesAsync(place.Start(null, "RVAULT_GATEWAY_ADDRESS=0.0.0.0:0"), ErrorCodes.InsecureListenRefused, "RVAULT_GATEWAY_ADDRESS"),
            RefusesAsync(place.Start(null, "RVAULT_SILO_ADDRESS=[::]:0"), ErrorCodes.InsecureListenRefused, "RVAULT_SILO_ADDRESS"),
            RefusesAsync(place.Start(null, "RVAULT_ADVERTISED_ADDRESS=10.0.0.1"), ErrorCodes.InsecureListenRefused, "10.0.0.1 is"),
            RefusesAsync(
                other.Start(null, $"RVAULT_GATEWAY_ADDRESS=127.0.0.1:{silentPort}"),
                ErrorCodes.ClusterUnavailable,
                $"{silentPort}"
            )
        );
        Assert.False(claim.Lost.IsCompleted);
    }

    private static async Task RefusesAsync(ChildProcess silo, string code, string why)
    {
        await using (silo)
        {
            Assert.Equal(1, await silo.WaitAsync());
            var lines = silo.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries);
            var said = lines.SkipWhile(line => line.StartsWith("Cluster '", StringComparison.Ordinal)).ToList();
            Assert.True(said.Count == 2, silo.Errors);
            Assert.StartsWith($"{code}: ", said[0], StringComparison.Ordinal);
            Assert.Contains(why, said[0], StringComparison.Ordinal);
            Assert.DoesNotContain(OtherKey, silo.Errors, StringComparison.Ordinal);
            Assert.DoesNotContain(AzuriteServer.AccountKey, silo.Errors, StringComparison.Ordinal);
        }
    }

    private static async Task MakeNewerAsync(IBlobStore blobs)
    {
        var found = await blobs.GetAsync(StoreManifest.BlobName) ?? throw new InvalidOperationException("There is no store.");
        var newer = $$"""{"format":"{{StoreManifest.FormatName}}","formatVersion":{{StoreManifest.CurrentVersion + 1}}}""";
        await blobs.PutAsync(
            StoreManifest.BlobName,
            new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes(newer)),
            PutCondition.IfMatch(found.ETag)
        );
    }
}
