using Microsoft.AspNetCore.Http;
using RecoveryVault.Catalogues;
using RecoveryVault.DataPath;
using RecoveryVault.DataPath.Wire;
using RecoveryVault.Errors;

namespace RecoveryVault.DataPlane;

/// <summary>One request to a backup session.</summary>
/// <remarks>
/// A chunk that came whole and has its digest is handed over whatever becomes of the request: were the request's own cancellation passed
/// on, a dropped connection could leave a chunk taken and not stored. What it waits for is bounded by the session.
/// </remarks>
internal readonly struct BackupRequest(HttpContext context, IBackupChannel channel)
{
    public Task AnswerAsync(string? operation) =>
        operation switch
        {
            null => TouchAsync(),
            DataPlaneProtocol.Query => QueryAsync(),
            DataPlaneProtocol.Chunks => TakeAsync(),
            DataPlaneProtocol.Flush => FlushAsync(),
            _ => throw DataPlaneRoute.NoRoute(context.Request),
        };

    private async Task TouchAsync()
    {
        await channel.FindNewAsync([], context.RequestAborted);
        await BodyForm.SendAsync(context, ChunkerSettingsForm.Write(channel.Chunker));
    }

    private async Task QueryAsync()
    {
        var chunks = await BodyForm.ReadChunksAsync(context);
        var isNew = await channel.FindNewAsync(chunks, context.RequestAborted);
        await BodyForm.SendAsync(context, Array.ConvertAll(isNew, one => one ? (byte)1 : (byte)0));
    }

    private async Task TakeAsync()
    {
        var frames = new ChunkFrameReader(context.Request.Body);
        while (await frames.ReadAsync(context.RequestAborted) is { Frame.Type: not ChunkFrameType.End } received)
        {
            if (received.Content is not { } content)
                throw new WireFaultException(WireFault.Malformed, $"A backup sends no frames of type {received.Frame.Type}.");
            var chunk = received.Frame.Chunk;
            if (Digest.Of(content.Memory.Span[..chunk.Length]) != chunk.Digest)
            {
                content.Dispose();
                throw new VaultException(ErrorCodes.ChunkGarbled, $"The content sent as chunk {chunk.Digest} has another digest.");
            }
            await channel.PutAsync(chunk, content, CancellationToken.None);
        }
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private async Task FlushAsync()
    {
        await channel.FlushAsync(context.RequestAborted);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }
}
