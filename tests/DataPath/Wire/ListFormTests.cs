using CsCheck;
using RecoveryVault.Catalogues;
using RecoveryVault.DataPath;
using RecoveryVault.DataPath.Wire;
using RecoveryVault.Errors;
using RecoveryVault.Tests.Format;
using RecoveryVault.Tests.Style;

namespace RecoveryVault.Tests.DataPath.Wire;

public sealed class ListFormTests
{
    private static readonly Gen<string?> Code = Gen.Select(
        Gen.Bool,
        Gen.String[Gen.Char.AlphaNumeric, 1, 60],
        (isNone, code) => isNone ? null : code
    );

    [Theory]
    [InlineData(0)]
    [InlineData(ChunkRef.MaxLength + 1)]
    [InlineData(int.MaxValue)]
    public void ChunkRefs_LengthOfNoChunk_IsAFault(int length)
    {
        var bytes = new byte[ChunkRefList.EntryLength];
        BitConverter.TryWriteBytes(bytes.AsSpan(Digest.SizeBytes), length);
        Assert.Throws<WireFaultException>(() => ChunkRefList.Read(bytes));
    }

    [Fact]
    public void ChunkRefs_ZeroChunkWithADigest_IsAFault()
    {
        var bytes = ChunkRefList.Write([new ChunkRef(Digest.Of("x"u8), 5, IsZero: true)]);
        Assert.Throws<WireFaultException>(() => ChunkRefList.Read(bytes));
    }

    [Fact]
    public void ChunkRefs_OneTooMany_IsAFault() =>
        Assert.Throws<WireFaultException>(() => ChunkRefList.Read(new byte[(IBackupChannel.MaxQuery + 1) * ChunkRefList.EntryLength]));

    [Fact]
    public void ChunkRefs_AnyBytes_AreChunksOrAFault() =>
        Gen.Select(WireSamples.Chunk.List[0, 5], Mutation.Gen.List[0, 3])
            .Fuzz(input => ReadOrFault(() => ChunkRefList.Read(Mutation.Apply(ChunkRefList.Write(input.Item1), input.Item2))), count: 3000);

    [Fact]
    public void ChunkRefs_Written_ReadTheSame() =>
        WireSamples
            .Chunk.List[0, 50]
            .Sample(chunks => Assert.Equal(chunks, ChunkRefList.Read(ChunkRefList.Write(chunks))), iter: TestScale.Iterations(200));

    [Fact]
    public void Codes_AnyBytes_AreCodesOrAFault() =>
        Gen.Select(Code.List[0, 5], Mutation.Gen.List[0, 3])
            .Fuzz(
                input =>
                    ReadOrFault(() =>
                    {
                        var codes = CodeList.Read(Mutation.Apply(CodeList.Write(input.Item1), input.Item2), input.Item1.Count);
                        Assert.All(codes, code => Assert.True(code?.All(char.IsAsciiLetterOrDigit) != false));
                        return codes;
                    }),
                count: 3000
            );

    [Fact]
    public void Codes_Written_ReadTheSame() =>
        Code.List[0, 50]
            .Sample(codes => Assert.Equal(codes, CodeList.Read(CodeList.Write(codes), codes.Count)), iter: TestScale.Iterations(200));

    [Theory]
    [InlineData(0, 1024, 2048)]
    [InlineData(512, 1000, 2048)]
    [InlineData(512, 1024, ChunkRef.MaxLength + 1)]
    [InlineData(2048, 1024, 4096)]
    [InlineData(512, 4096, 1024)]
    public void Chunker_SettingsThatCutNothing_AreAFault(int min, int target, int max) =>
        Assert.Throws<WireFaultException>(() =>
            ChunkerSettingsForm.Read(ChunkerSettingsForm.Write(new ChunkerSettings(min, target, max, new byte[32])))
        );

    [Fact]
    public void Chunker_AnyBytes_AreSettingsOrAFault() =>
        Mutation
            .Gen.List[0, 3]
            .Fuzz(
                mutations =>
                    ReadOrFault(() =>
                        ChunkerSettingsForm.Read(
                            Mutation.Apply(ChunkerSettingsForm.Write(new ChunkerSettings(512, 1024, 4096, new byte[32])), mutations)
                        )
                    ),
                count: 1000
            );

    [Fact]
    public void Error_AnyBytes_AreARefusalOrNothing() =>
        Gen.Select(Gen.String, Mutation.Gen.List[0, 3])
            .Fuzz(
                input =>
                {
                    var document = ErrorForm.Write(new VaultException(ErrorCodes.StoreFull, input.Item1));
                    if (ErrorForm.TryRead(Mutation.Apply(document, input.Item2)) is { } refusal)
                        Assert.DoesNotContain(refusal.Message, char.IsControl);
                },
                count: 1000
            );

    [Fact]
    public void Error_Written_ReadsTheSame()
    {
        var read = ErrorForm.TryRead(ErrorForm.Write(new VaultException(ErrorCodes.StoreFull, "No space.", "Make some.")));
        Assert.Equal((ErrorCodes.StoreFull, "No space.", "Make some."), (read?.Code, read?.Message, read?.Recommendation));
    }

    [Theory]
    [InlineData(400, ErrorCodes.InvalidRequest)]
    [InlineData(401, ErrorCodes.SessionLost)]
    [InlineData(403, ErrorCodes.AccessDenied)]
    [InlineData(404, ErrorCodes.ProtocolMismatch)]
    [InlineData(409, ErrorCodes.ConcurrentChange)]
    [InlineData(413, ErrorCodes.RequestTooLarge)]
    [InlineData(429, ErrorCodes.TooManyRequests)]
    [InlineData(503, ErrorCodes.ClusterUnavailable)]
    [InlineData(507, ErrorCodes.StoreFull)]
    public void Error_StatusAlone_MapsToItsCodeAndBack(int status, string code)
    {
        Assert.Equal(code, ErrorForm.Of(status).Code);
        Assert.Equal(status, ErrorForm.StatusOf(code));
    }

    private static void ReadOrFault<T>(Func<T> read)
    {
        try
        {
            read();
        }
        catch (WireFaultException)
        {
            // The one way to say no.
        }
    }
}
