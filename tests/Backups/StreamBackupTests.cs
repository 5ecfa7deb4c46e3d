using System.Security.Cryptography;
using RecoveryVault.Backups;
using RecoveryVault.Catalogues;
using RecoveryVault.Errors;
using RecoveryVault.Streams;
using RecoveryVault.Tests.Storage;

namespace RecoveryVault.Tests.Backups;

public sealed class StreamBackupTests
{
    private static readonly DateTimeOffset Now = new DateTimeOffset(2026, 11, 25, 10, 0, 0, TimeSpan.Zero).AddTicks(1234567);
    private readonly TreePipeline _pipeline = new();

    [Fact]
    public async Task BackUp_StreamFailsAtItsEnd_Fails()
    {
        await using var content = CommandOutput.Open(["sh", "-c", "head -c 3000000 /dev/zero; exit 9"], TimeProvider.System);
        var refusal = await Assert.ThrowsAsync<VaultException>(() => BackUpAsync(content));
        Assert.Equal(ErrorCodes.CommandFailed, refusal.Code);
    }

    [Fact]
    public async Task BackUp_Stream_IsOneFileOfTheBackupsTimeForItsOwnerOnly()
    {
        var read = await BackUpAsync(new MemoryStream(new byte[5]));

        var entry = Assert.Single(await _pipeline.ListAsync(read.Catalogue));
        Assert.Equal("dump.sql", entry.Path.ToString());
        Assert.Equal((EntryType.File, 0x180, 5L), (entry.Type, entry.Mode, entry.Size));
        Assert.Equal(new FileTime(Now.ToUnixTimeSeconds(), 123_456_700), entry.ModifiedAt);
        Assert.Null(entry.Identity);
        var counts = read.Statistics;
        Assert.Equal((1L, 1L, 0L), (counts.Entries, counts.Files, counts.Directories));
        Assert.Equal((5L, 5L), (counts.SizeBytes, counts.BytesRead));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(5_000_000)]
    public async Task BackUp_Stream_ComesBackAsAFile(int length)
    {
        using var scratch = new ScratchDirectory();
        var content = RandomNumberGenerator.GetBytes(length);
        var read = await BackUpAsync(new MemoryStream(content));
        await _pipeline.RestoreAsync(read.Catalogue, scratch["target"]);
        Assert.Equal(content, await File.ReadAllBytesAsync(scratch["target/dump.sql"]));
    }

    [Fact]
    public async Task BackUp_EqualStreamInOtherPieces_PutsNothingAgain()
    {
        await BackUpAsync(new MemoryStream(new byte[3_000_000]));
        var put = _pipeline.Channel.BytesPut;
        await using var pieces = CommandOutput.Open(["dd", "if=/dev/zero", "bs=1000", "count=3000", "status=none"], TimeProvider.System);
        // The very same catalogue: the pipeline's clock stands still.
        await BackUpAsync(pieces);
        Assert.Equal(put, _pipeline.Channel.BytesPut);
    }

    private async Task<BackupReading> BackUpAsync(Stream content)
    {
        using var backup = new StreamBackup("dump.sql", Now, _pipeline.Channel, new BackupOptions());
        return await backup.RunAsync(content, CancellationToken.None);
    }
}
