using System.Security.Cryptography;
using RecoveryVault.Connections;
using RecoveryVault.DataPath;
using RecoveryVault.DataPlane;
using RecoveryVault.Errors;

namespace RecoveryVault.Tests.DataPlane;

public sealed class HttpChannelConformanceTests : ChannelConformance
{
    private protected override IDataPlane DataPlane => Stage.Client;

    [Fact]
    public async Task Open_EndpointOfAnotherMachine_SendsNothing()
    {
        var ticket = await Stage.BackupAsync();
        foreach (
            var endpoint in (string[])["http://192.0.2.1:80", "http://example.org:80", "https://127.0.0.1:1", "", "S127.0.0.1:11111:0"]
        )
            await RefusedAsync(
                ErrorCodes.AccessDenied,
                async () => await DataPlane.OpenBackupAsync(ticket with { Endpoint = endpoint }, default)
            );
    }

    [Fact]
    public async Task Open_WithAnotherSecret_IsUnavailable()
    {
        using var other = ConnectionSecret.Create();
        using var stranger = new HttpDataPlane(other, TimeProvider.System);
        var ticket = await Stage.BackupAsync();
        await RefusedAsync(ErrorCodes.ClusterUnavailable, async () => await stranger.OpenBackupAsync(ticket, default));
    }

    [Fact]
    public async Task Calls_ServerIsGone_AreUnavailableAfterAFewTries()
    {
        var channel = await DataPlane.OpenBackupAsync(await Stage.BackupAsync(), default);
        await Stage.Server.DisposeAsync();
        await channel.PutAsync(DataPlaneStage.ChunkOf([1]), DataPlaneStage.Owned([1]), default);
        await RefusedAsync(ErrorCodes.ClusterUnavailable, () => channel.FlushAsync(default));
    }

    [Fact]
    public async Task Calls_ServerIsStopping_AreToldSo()
    {
        var channel = await DataPlane.OpenBackupAsync(await Stage.BackupAsync(), default);
        Stage.Server.Drain();
        await RefusedAsync(ErrorCodes.ClusterUnavailable, async () => await channel.FindNewAsync([DataPlaneStage.ChunkOf([1])], default));
    }

    [Fact]
    public async Task Calls_SessionEndsMeanwhile_AreSessionLost()
    {
        var ticket = await Stage.BackupAsync();
        var channel = await DataPlane.OpenBackupAsync(ticket, default);
        await channel.PutAsync(DataPlaneStage.ChunkOf([1]), DataPlaneStage.Owned([1]), default);
        await Stage.Register.EndAsync(ticket.SessionId);
        await LostAsync(() => channel.FlushAsync(default));
    }

    [Fact]
    public async Task Put_ServerComesBackAtItsPort_IsStoredAllTheSame()
    {
        var ticket = await Stage.BackupAsync();
        var channel = await DataPlane.OpenBackupAsync(ticket, default);
        var content = RandomNumberGenerator.GetBytes(100_000);
        await Stage.Server.DisposeAsync();
        await channel.PutAsync(DataPlaneStage.ChunkOf(content), DataPlaneStage.Owned(content), default);
        var flushing = channel.FlushAsync(default);
        await Stage.ListenAsync(new Uri(ticket.Endpoint).Port);
        await flushing;
        Assert.Equal(content.Length, Stage.Register.Find<BackupSession>(ticket.SessionId)?.BytesNew);
    }
}
