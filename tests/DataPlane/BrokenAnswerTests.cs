using System.Runtime.CompilerServices;
using RecoveryVault.Catalogues;
using RecoveryVault.DataPath;
using RecoveryVault.DataPath.Wire;
using RecoveryVault.Errors;

namespace RecoveryVault.Tests.DataPlane;

/// <summary>Answers that break off half-way, and more requests than a session may have.</summary>
public sealed class BrokenAnswerTests
{
    private static readonly ChunkRef[] Wanted = [.. Enumerable.Range(0, 6).Select(i => DataPlaneStage.ChunkOf([(byte)i]))];

    [Fact]
    public async Task Read_AnswerBreaksOff_GoesOnFromWhatArrived()
    {
        var sessions = new ScriptedSessions { BreakAfter = [3, 2] };
        await using var stage = await DataPlaneStage.StartAsync(sessions);
        var channel = await stage.Client.OpenRestoreAsync(stage.Register.Add(Guid.NewGuid(), sessions), default);
        List<ChunkRef> read = [];
        await foreach (var content in channel.ReadAsync(Wanted, default))
        {
            using (content)
                read.Add(content.Chunk);
        }
        Assert.Equal(Wanted, read);
        // How much of a broken answer still arrives is the network's affair; what arrived is not asked for again.
        Assert.Equal(3, sessions.Asked.Count);
        Assert.Equal(sessions.Asked.OrderDescending().Distinct(), sessions.Asked);
    }

    [Fact]
    public async Task Read_AnswerFailsHalfWay_TellsWhy()
    {
        var sessions = new ScriptedSessions { BreakAfter = [2], Failure = new VaultException(ErrorCodes.KeyVaultUnreachable, "Gone.") };
        await using var stage = await DataPlaneStage.StartAsync(sessions);
        var channel = await stage.Client.OpenRestoreAsync(stage.Register.Add(Guid.NewGuid(), sessions), default);
        var error = await Assert.ThrowsAsync<VaultException>(async () =>
        {
            await foreach (var content in channel.ReadAsync(Wanted, default))
                content.Dispose();
        });
        Assert.Equal((ErrorCodes.KeyVaultUnreachable, "Gone."), (error.Code, error.Message));
    }

    [Fact]
    public async Task Requests_MoreThanASessionMayHave_AreToldToComeAgain()
    {
        var sessions = new ScriptedSessions();
        await using var stage = await DataPlaneStage.StartAsync(sessions);
        var ticket = stage.Register.Add(Guid.NewGuid(), sessions);
        var path = DataPlaneProtocol.PathOf(ticket.SessionId, DataPlaneProtocol.Restore, DataPlaneProtocol.Check);
        var entered = new List<Task<(int Status, string? Code)>>();
        for (var i = 0; i < DataPlaneProtocol.MaxRequestsPerSession; i++)
        {
            entered.Add(stage.SendAsync(HttpMethod.Post, path, [.. ticket.Token], new ByteArrayContent(ChunkRefList.Write(Wanted))));
            await sessions.Entered.WaitAsync();
        }
        Assert.Equal(
            (429, ErrorCodes.TooManyRequests),
            await stage.SendAsync(HttpMethod.Get, DataPlaneProtocol.PathOf(ticket.SessionId, "restore"), [.. ticket.Token])
        );
        sessions.MayLeave.SetResult();
        Assert.All(await Task.WhenAll(entered), answer => Assert.Equal(200, answer.Status));
        Assert.Equal(
            204,
            (await stage.SendAsync(HttpMethod.Get, DataPlaneProtocol.PathOf(ticket.SessionId, "restore"), [.. ticket.Token])).Status
        );
    }

    /// <summary>A restore session that breaks off where it is told, and answers checks when it is let.</summary>
    private sealed class ScriptedSessions : IDataPlane, IRestoreChannel, IAsyncDisposable
    {
        private readonly Queue<int> _breaks = new();

        public IEnumerable<int> BreakAfter
        {
            init => _breaks = new Queue<int>(value);
        }

        public Exception Failure { get; init; } = new InvalidOperationException("Broken on purpose.");

        /// <summary>How many chunks each read asked for.</summary>
        public List<int> Asked { get; } = [];

        public SemaphoreSlim Entered { get; } = new(0);

        public TaskCompletionSource MayLeave { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public ValueTask<IBackupChannel> OpenBackupAsync(SessionTicket ticket, CancellationToken cancellation) =>
            throw new NotSupportedException();

        public ValueTask<IRestoreChannel> OpenRestoreAsync(SessionTicket ticket, CancellationToken cancellation) =>
            ValueTask.FromResult<IRestoreChannel>(this);

        public async IAsyncEnumerable<ChunkContent> ReadAsync(
            IReadOnlyList<ChunkRef> chunks,
            [EnumeratorCancellation] CancellationToken cancellation
        )
        {
            Asked.Add(chunks.Count);
            var left = _breaks.TryDequeue(out var count) ? count : int.MaxValue;
            foreach (var chunk in chunks)
            {
                if (left-- == 0)
                    throw Failure;
                await Task.Yield();
                yield return new ChunkContent(chunk, DataPlaneStage.Owned([(byte)Array.IndexOf(Wanted, chunk)]));
            }
        }

        public async ValueTask<string?[]> CheckAsync(IReadOnlyList<ChunkRef> chunks, CancellationToken cancellation)
        {
            if (chunks.Count > 0)
            {
                Entered.Release();
                await MayLeave.Task;
            }
            return new string?[chunks.Count];
        }

        public ValueTask DisposeAsync()
        {
            Entered.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
