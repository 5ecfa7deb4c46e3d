using System.Buffers;
using Microsoft.AspNetCore.Http;
using RecoveryVault.Catalogues;
using RecoveryVault.DataPath.Wire;

namespace RecoveryVault.DataPlane;

/// <summary>Whole bodies that are small by their limits.</summary>
internal static class BodyForm
{
    /// <exception cref="WireFaultException">It is no list, or too long a one.</exception>
    public static async ValueTask<ChunkRef[]> ReadChunksAsync(HttpContext context)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(ChunkRefList.MaxLength + 1);
        try
        {
            var read = await context.Request.Body.ReadAtLeastAsync(
                buffer.AsMemory(0, ChunkRefList.MaxLength + 1),
                ChunkRefList.MaxLength + 1,
                throwOnEndOfStream: false,
                context.RequestAborted
            );
            return ChunkRefList.Read(buffer.AsSpan(0, read));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    public static async Task SendAsync(HttpContext context, ReadOnlyMemory<byte> body)
    {
        context.Response.ContentType = "application/octet-stream";
        context.Response.ContentLength = body.Length;
        await context.Response.Body.WriteAsync(body, context.RequestAborted);
    }
}
