using System.Net;
using RecoveryVault.Tests.DevKeyVault;

namespace RecoveryVault.Tests.Storage.Azure;

public sealed class AzuriteServerTests
{
    [ToolsFact("node", "npm")]
    public async Task AzuriteServer_StoppedAndStartedAgain_ListensWhereItDid()
    {
        await using var server = await AzuriteServer.StartAsync(keeps: true);
        using var http = new HttpClient();
        Assert.Equal(HttpStatusCode.Forbidden, (await http.GetAsync($"{server.Endpoint}?comp=list")).StatusCode);
        await server.StopAsync();
        await Assert.ThrowsAsync<HttpRequestException>(() => http.GetAsync(server.Endpoint));
        await server.StartAgainAsync();
        Assert.Equal(HttpStatusCode.Forbidden, (await http.GetAsync($"{server.Endpoint}?comp=list")).StatusCode);
    }
}
