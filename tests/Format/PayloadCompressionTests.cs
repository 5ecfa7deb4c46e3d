using System.Security.Cryptography;
using CsCheck;
using RecoveryVault.Format;
using RecoveryVault.Tests.Style;

namespace RecoveryVault.Tests.Format;

public sealed class PayloadCompressionTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(100)]
    [InlineData(1 << 20)]
    public void TryCompress_OfNoise_KeepsItRaw(int length) =>
        Assert.False(PayloadCompression.TryCompress(RandomNumberGenerator.GetBytes(length), new byte[length], out _));

    [Fact]
    public void TryCompress_WhenItSavesLessThanThreePercent_KeepsItRaw()
    {
        var bytes = RandomNumberGenerator.GetBytes(100_000);
        bytes.AsSpan(0, 2_500).Clear();
        Assert.False(PayloadCompression.TryCompress(bytes, new byte[bytes.Length], out _));
        bytes.AsSpan(0, 4_000).Clear();
        Assert.True(PayloadCompression.TryCompress(bytes, new byte[bytes.Length], out var length));
        Assert.InRange(length, 95_000, 97_000);
    }

    [Fact]
    public void Expand_AfterTryCompress_ReturnsThePlaintext() =>
        FormatSamples.Plaintext.Sample(
            plaintext =>
            {
                var buffer = new byte[plaintext.Length];
                if (!PayloadCompression.TryCompress(plaintext, buffer, out var length))
                    return;
                var expanded = new byte[plaintext.Length];
                PayloadCompression.Expand(buffer.AsSpan(0, length), expanded);
                Assert.Equal(plaintext, expanded);
                FormatSamples.AssertFault(
                    FormatFault.Malformed,
                    () => PayloadCompression.Expand(buffer.AsSpan(0, length), new byte[plaintext.Length + 1])
                );
                FormatSamples.AssertFault(
                    FormatFault.Malformed,
                    () => PayloadCompression.Expand(buffer.AsSpan(0, length), new byte[plaintext.Length - 1])
                );
            },
            iter: TestScale.Iterations(500)
        );
}
