using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using Microsoft.AspNetCore.Http;
using RecoveryVault.DataPath;
using RecoveryVault.DataPath.Wire;
using RecoveryVault.Errors;

namespace RecoveryVault.DataPlane;

/// <summary>One request to a restore session.</summary>
internal readonly struct RestoreRequest(HttpContext context, IRestoreChannel channel, SessionRequests.Place place)
{
    public Task AnswerAsync(string? operation) =>
        operation switch
        {
            null => TouchAsync(),
            DataPlaneProtocol.Read => ReadAsync(),
            DataPlaneProtocol.Check => CheckAsync(),
            _ => throw DataPlaneRoute.NoRoute(context.Request),
        };

    private async Task TouchAsync()
    {
        await channel.CheckAsync([], context.RequestAborted);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private async Task CheckAsync()
    {
        var chunks = await BodyForm.ReadChunksAsync(context);
        await BodyForm.SendAsync(context, CodeList.Write(await channel.CheckAsync(chunks, context.RequestAborted)));
    }

    /// <summary>Frames go out as chunks are opened, no faster than the client takes them.</summary>
    private async Task ReadAsync()
    {
        var chunks = await BodyForm.ReadChunksAsync(context);
        // As it is sealed, and opened; what is longer than any read may be is refused below.
        await place.HoldAsync(2 * Math.Min(chunks.Sum(c => (long)c.Length), IRestoreChannel.MaxBatchBytes), context.RequestAborted);
        var output = context.Response.BodyWriter;
        var count = 0;
        try
        {
            await foreach (var content in channel.ReadAsync(chunks, context.RequestAborted))
            {
                using (content)
                    await SendAsync(output, content, context.RequestAborted);
                count++;
            }
            Write(output, ChunkFrame.End(count));
        }
        catch (Exception e) when (context.Response.HasStarted && Refusals.Find(e) is { } refusal)
        {
            // The status is sent already: the answer's last frame says what went wrong.
            var document = ErrorForm.Write(refusal);
            Write(output, new ChunkFrame(ChunkFrameType.Failure, default, 0, document.Length));
            output.Write(document);
        }
        await output.FlushAsync(context.RequestAborted);
    }

    private static async ValueTask SendAsync(PipeWriter output, ChunkContent content, CancellationToken cancellation)
    {
        var chunk = content.Chunk;
        if (content.ErrorCode is { } code)
        {
            var text = Encoding.ASCII.GetBytes(code);
            Write(output, new ChunkFrame(ChunkFrameType.Damage, chunk.Digest, chunk.Length, text.Length));
            output.Write(text);
        }
        else if (chunk.IsZero)
        {
            Write(output, new ChunkFrame(ChunkFrameType.Zeros, default, chunk.Length, 0));
        }
        else
        {
            Write(output, ChunkFrame.Content(chunk));
            output.Write(content.Plaintext.Span);
        }
        await output.FlushAsync(cancellation);
    }

    private static void Write(PipeWriter output, ChunkFrame frame)
    {
        frame.WriteTo(output.GetSpan(ChunkFrame.HeaderLength));
        output.Advance(ChunkFrame.HeaderLength);
    }
}
