using System.Security.Cryptography;
using RecoveryVault.Catalogues;
using RecoveryVault.DataPath;
using RecoveryVault.Errors;
using RecoveryVault.Storage;
using RecoveryVault.Tests.Storage;

namespace RecoveryVault.Tests.DataPlane;

/// <summary>What every data plane does alike, whether a socket lies between or not.</summary>
public abstract class ChannelConformance : IAsyncLifetime
{
    private DataPlaneStage? _stage;

    private protected DataPlaneStage Stage => _stage ?? throw new InvalidOperationException("Not started.");

    private protected abstract IDataPlane DataPlane { get; }

    public async Task InitializeAsync() => _stage = await DataPlaneStage.StartAsync();

    public async Task DisposeAsync() => await Stage.DisposeAsync();

    [Fact]
    public async Task Open_WithAnotherToken_IsSessionLost()
    {
        var ticket = await Stage.BackupAsync();
        await LostAsync(async () => await DataPlane.OpenBackupAsync(ticket with { Token = [.. new byte[32]] }, default));
    }

    [Fact]
    public async Task Open_WithTheTokenOfAnotherSession_IsSessionLost()
    {
        var (one, other) = (await Stage.BackupAsync(), await Stage.BackupAsync());
        await LostAsync(async () => await DataPlane.OpenBackupAsync(one with { Token = other.Token }, default));
    }

    [Fact]
    public async Task Open_TheOtherDirection_IsSessionLost()
    {
        var (backup, restore) = (await Stage.BackupAsync(), await Stage.RestoreAsync());
        await LostAsync(async () => await DataPlane.OpenRestoreAsync(backup, default));
        await LostAsync(async () => await DataPlane.OpenBackupAsync(restore, default));
    }

    [Fact]
    public async Task Open_ASessionThatEnded_IsSessionLost()
    {
        var ticket = await Stage.BackupAsync();
        await Stage.Register.EndAsync(ticket.SessionId);
        await LostAsync(async () => await DataPlane.OpenBackupAsync(ticket, default));
    }

    [Fact]
    public async Task FindNew_MoreThanOneQueryMayName_IsRefused()
    {
        var channel = await DataPlane.OpenBackupAsync(await Stage.BackupAsync(), default);
        var chunks = Enumerable.Repeat(DataPlaneStage.ChunkOf([1]), IBackupChannel.MaxQuery + 1).ToList();
        await RefusedAsync(ErrorCodes.InvalidRequest, async () => await channel.FindNewAsync(chunks, default));
    }

    [Fact]
    public async Task Put_LengthOfNoChunk_IsRefused()
    {
        var channel = await DataPlane.OpenBackupAsync(await Stage.BackupAsync(), default);
        foreach (var length in (int[])[0, -1, ChunkRef.MaxLength + 1])
            await RefusedAsync(
                ErrorCodes.InvalidRequest,
                async () => await channel.PutAsync(new ChunkRef(default, length), DataPlaneStage.Owned([1]), default)
            );
    }

    [Fact]
    public async Task Read_MoreThanOneReadMayAsk_IsRefused()
    {
        var channel = await DataPlane.OpenRestoreAsync(await Stage.RestoreAsync(), default);
        var chunks = Enumerable.Repeat(new ChunkRef(default, ChunkRef.MaxLength, IsZero: true), 9).ToList();
        await RefusedAsync(ErrorCodes.InvalidRequest, async () => await ReadAsync(channel, chunks));
    }

    [Fact]
    public async Task Flush_StoreIsFull_TellsIt()
    {
        var channel = await DataPlane.OpenBackupAsync(await Stage.BackupAsync(), default);
        Stage.Store.Inject(new Fault.Fail(BlobError.StoreFull), BlobCalls.Put);
        await channel.PutAsync(DataPlaneStage.ChunkOf([1, 2, 3]), DataPlaneStage.Owned([1, 2, 3]), default);
        await RefusedAsync(ErrorCodes.StoreFull, () => channel.FlushAsync(default));
        await RefusedAsync(ErrorCodes.StoreFull, async () => await channel.FindNewAsync([DataPlaneStage.ChunkOf([4])], default));
    }

    [Fact]
    public async Task Check_ChunksThatAreThereOrNot_SaysWhich()
    {
        await Stage.StoreAsync(DataPlane, [1], [2]);
        var channel = await DataPlane.OpenRestoreAsync(await Stage.RestoreAsync(), default);
        ChunkRef[] chunks = [DataPlaneStage.ChunkOf([1]), DataPlaneStage.ChunkOf([9]), new(default, 77, IsZero: true)];
        var codes = await channel.CheckAsync(chunks, default);
        Assert.Equal(new string?[] { null, ErrorCodes.DataMissing, null }, codes);
    }

    [Fact]
    public async Task Put_TheSameChunkAgain_IsStoredOnce()
    {
        var ticket = await Stage.BackupAsync();
        var channel = await DataPlane.OpenBackupAsync(ticket, default);
        for (var i = 0; i < 3; i++)
        {
            await channel.PutAsync(DataPlaneStage.ChunkOf([1, 2, 3]), DataPlaneStage.Owned([1, 2, 3]), default);
            await channel.FlushAsync(default);
        }
        Assert.Equal(3, Stage.Register.Find<BackupSession>(ticket.SessionId)?.BytesNew);
        var isNew = await channel.FindNewAsync([DataPlaneStage.ChunkOf([1, 2, 3]), DataPlaneStage.ChunkOf([4])], default);
        Assert.Equal([false, true], isNew);
    }

    [Fact]
    public async Task Touch_WithNothingToAsk_KeepsTheSessionAlive()
    {
        var (backup, restore) = (await Stage.BackupAsync(), await Stage.RestoreAsync());
        Assert.Empty(await (await DataPlane.OpenBackupAsync(backup, default)).FindNewAsync([], default));
        Assert.Empty(await (await DataPlane.OpenRestoreAsync(restore, default)).CheckAsync([], default));
    }

    [Fact]
    public async Task Restore_OfWhatWasBackedUp_IsTheSameInTheOrderAsked()
    {
        byte[][] contents =
        [
            .. new[] { 1, 2, 37, 4096, 300_000, 1 << 20, ChunkRef.MaxLength }.Select(RandomNumberGenerator.GetBytes),
            .. Enumerable.Range(0, 3000).Select(i => BitConverter.GetBytes(i)),
        ];
        await Stage.StoreAsync(DataPlane, contents);
        var channel = await DataPlane.OpenRestoreAsync(await Stage.RestoreAsync(), default);
        List<ChunkRef> wanted = [.. contents.Reverse().Select(DataPlaneStage.ChunkOf)];
        wanted.Insert(5, new ChunkRef(default, 1000, IsZero: true));
        wanted.Insert(9, DataPlaneStage.ChunkOf([9, 9, 9, 9, 9]));

        var read = await ReadAsync(channel, wanted);

        Assert.Equal(wanted.Count, read.Count);
        Assert.Equal(new byte[1000], read[5].Content);
        Assert.Equal(ErrorCodes.DataMissing, read[9].Code);
        Assert.Equal(contents.Reverse(), read.Where((_, i) => i is not (5 or 9)).Select(r => r.Content));
    }

    private protected static async Task<List<(byte[] Content, string? Code)>> ReadAsync(
        IRestoreChannel channel,
        IReadOnlyList<ChunkRef> chunks
    )
    {
        List<(byte[], string?)> read = [];
        await foreach (var content in channel.ReadAsync(chunks, default))
        {
            using (content)
                read.Add((content.Plaintext.ToArray(), content.ErrorCode));
        }
        return read;
    }

    private protected static Task LostAsync(Func<Task> call) => RefusedAsync(ErrorCodes.SessionLost, call);

    private protected static async Task RefusedAsync(string code, Func<Task> call) =>
        Assert.Equal(code, Refusals.Find(await Assert.ThrowsAnyAsync<Exception>(call))?.Code);
}

public sealed class InProcessChannelConformanceTests : ChannelConformance
{
    private protected override IDataPlane DataPlane => Stage.Sessions;
}
