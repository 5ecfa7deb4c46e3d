using CsCheck;
using RecoveryVault.Catalogues;
using RecoveryVault.DataPath.Wire;

namespace RecoveryVault.Tests.DataPath.Wire;

/// <summary>What crosses the data plane, in arbitrary valid forms.</summary>
internal static class WireSamples
{
    public static readonly Gen<ChunkRef> Chunk = Gen.Select(
        Gen.Byte.Array[32],
        Gen.Int[1, ChunkRef.MaxLength],
        Gen.Bool,
        (digest, length, zero) => new ChunkRef(zero ? default : Digest.Read(digest), length, zero)
    );

    /// <summary>A stream of frames with its end, as bytes, and what a reader must find.</summary>
    public static readonly Gen<(byte[] Bytes, List<ChunkFrame> Frames)> Stream = Gen.OneOf(
            Gen.Byte.Array[1, 300].Select(content => (ChunkFrame.Content(new ChunkRef(Digest.Of(content), content.Length)), content)),
            Gen.Int[1, ChunkRef.MaxLength]
                .Select(length => (new ChunkFrame(ChunkFrameType.Zeros, default, length, 0), Array.Empty<byte>())),
            Gen.Select(
                Gen.Byte.Array[32],
                Gen.String[Gen.Char.AlphaNumeric, 1, 60],
                (digest, code) =>
                    (new ChunkFrame(ChunkFrameType.Damage, Digest.Read(digest), 77, code.Length), System.Text.Encoding.ASCII.GetBytes(code))
            )
        )
        .List[0, 6]
        .Select(parts =>
        {
            var bytes = new List<byte>();
            foreach (var (frame, rest) in parts)
            {
                bytes.AddRange(Header(frame));
                bytes.AddRange(rest);
            }
            bytes.AddRange(Header(ChunkFrame.End(parts.Count)));
            return (bytes.ToArray(), parts.ConvertAll(p => p.Item1));
        });

    public static byte[] Header(ChunkFrame frame)
    {
        var header = new byte[ChunkFrame.HeaderLength];
        frame.WriteTo(header);
        return header;
    }

    /// <summary>Reads frames up to the end; their contents are given back.</summary>
    public static async Task<List<ChunkFrame>> ReadAllAsync(Stream stream)
    {
        var reader = new ChunkFrameReader(stream);
        List<ChunkFrame> frames = [];
        while (true)
        {
            var received = await reader.ReadAsync(CancellationToken.None);
            received.Content?.Dispose();
            if (received.Frame.Type is ChunkFrameType.End or ChunkFrameType.Failure)
                return frames;
            frames.Add(received.Frame);
        }
    }
}
