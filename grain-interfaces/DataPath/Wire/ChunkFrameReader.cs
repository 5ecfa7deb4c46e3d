using System.Buffers;

namespace RecoveryVault.DataPath.Wire;

/// <summary>
/// Reads frames from a peer. A buffer is rented only for a length that was checked, and at most <see cref="DataPlaneProtocol.MaxFrames"/>
/// frames with <see cref="DataPlaneProtocol.MaxFrameBytes"/> bytes are read. Not safe for concurrent use.
/// </summary>
/// <param name="stream">What the peer sends; not closed.</param>
public sealed class ChunkFrameReader(Stream stream)
{
    private readonly byte[] _header = new byte[ChunkFrame.HeaderLength];
    private int _frames;
    private long _bytes;

    /// <summary>The next frame; the caller disposes its content. An end that miscounts is a fault.</summary>
    /// <exception cref="WireFaultException">The peer sent something else, too much, or stopped early.</exception>
    public async ValueTask<ReceivedFrame> ReadAsync(CancellationToken cancellation)
    {
        await FillAsync(_header, cancellation);
        var frame = ChunkFrame.Read(_header);
        Count(frame);
        return frame.Type switch
        {
            ChunkFrameType.Content => new ReceivedFrame(frame, await ReadContentAsync(frame.Length, cancellation), default),
            ChunkFrameType.Damage or ChunkFrameType.Failure => new ReceivedFrame(
                frame,
                null,
                await ReadTextAsync(frame.TextLength, cancellation)
            ),
            _ => new ReceivedFrame(frame, null, default),
        };
    }

    private void Count(ChunkFrame frame)
    {
        switch (frame.Type)
        {
            case ChunkFrameType.End when frame.Length != _frames:
                throw new WireFaultException(WireFault.Malformed, $"The end counts {frame.Length} frames, {_frames} came.");
            case ChunkFrameType.End or ChunkFrameType.Failure:
                return;
        }
        _frames++;
        _bytes += frame.Length;
        if (_frames > DataPlaneProtocol.MaxFrames || _bytes > DataPlaneProtocol.MaxFrameBytes)
            throw new WireFaultException(
                WireFault.TooLarge,
                $"At most {DataPlaneProtocol.MaxFrames} chunks of {DataPlaneProtocol.MaxFrameBytes} bytes in all are sent at once."
            );
    }

    private async ValueTask<IMemoryOwner<byte>> ReadContentAsync(int length, CancellationToken cancellation)
    {
        var content = ChunkBuffers.Shared.Rent(length);
        try
        {
            await FillAsync(content.Memory[..length], cancellation);
            return content;
        }
        catch
        {
            content.Dispose();
            throw;
        }
    }

    private async ValueTask<ReadOnlyMemory<byte>> ReadTextAsync(int length, CancellationToken cancellation)
    {
        var text = new byte[length];
        await FillAsync(text, cancellation);
        return text;
    }

    private async ValueTask FillAsync(Memory<byte> buffer, CancellationToken cancellation)
    {
        if (await stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellation) < buffer.Length)
            throw new WireFaultException(WireFault.Truncated, "The frames end before they are complete.");
    }
}
