using System.Text;
using Microsoft.Extensions.Time.Testing;
using RecoveryVault.Storage;
using RecoveryVault.Tests.Processes;

namespace RecoveryVault.Tests.Storage;

public sealed class StoreLockTests : IDisposable
{
    private readonly ScratchDirectory _scratch = new();
    private readonly string _root;
    private readonly string _lockFile;

    public StoreLockTests()
    {
        _root = _scratch["store"];
        _lockFile = Path.Join(_root, ".rvault/lock");
        _ = new FileBlobStore(_root, options: new FileBlobStoreOptions { CreateIfMissing = true });
    }

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public async Task Acquire_NoStoreThere_IsRefusedAndMakesNothing()
    {
        var error = await Assert.ThrowsAsync<BlobStoreException>(() =>
            StoreLock.AcquireAsync(_scratch["none"], "test", TimeSpan.Zero, TimeProvider.System)
        );
        Assert.Equal(BlobError.Unavailable, error.Error);
        Assert.False(Directory.Exists(_scratch["none"]));
    }

    [Fact]
    public async Task Acquire_HeldTooLong_ThrowsNamingTheHolder()
    {
        await using var holder = ChildProcess.Start("store-lock", _root, "rvault serve");
        Assert.Equal("held", await holder.ReadLineAsync("the lock"));
        var error = await Assert.ThrowsAsync<StoreLockedException>(() =>
            StoreLock.AcquireAsync(_root, "test", TimeSpan.Zero, TimeProvider.System)
        );
        Assert.Equal((holder.Id, Environment.MachineName, "rvault serve"), (error.Holder.Pid, error.Holder.Host, error.Holder.Command));
        Assert.Contains($"process {holder.Id} on {Environment.MachineName} (rvault serve)", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Acquire_WhileAnotherHolds_WaitsIsToldAndThenGetsIt()
    {
        await using var first = ChildProcess.Start("store-lock", _root, "first");
        Assert.Equal("held", await first.ReadLineAsync("the first lock"));
        await using var second = ChildProcess.Start("store-lock", _root, "second");
        Assert.StartsWith($"waiting for process {first.Id} on", await second.ReadLineAsync("the second's wait"), StringComparison.Ordinal);
        first.CloseInput();
        await first.RequireSuccessAsync();
        Assert.Equal("held", await second.ReadLineAsync("the second lock"));
        var error = await Assert.ThrowsAsync<StoreLockedException>(() =>
            StoreLock.AcquireAsync(_root, "test", TimeSpan.Zero, TimeProvider.System)
        );
        Assert.Equal("second", error.Holder.Command);
    }

    [Fact]
    public async Task Acquire_HolderKilled_IsFreeAtOnce()
    {
        await using var holder = ChildProcess.Start("store-lock", _root, "victim");
        Assert.Equal("held", await holder.ReadLineAsync("the lock"));
        await holder.KillAsync();
        using var held = await StoreLock.AcquireAsync(_root, "test", TimeSpan.Zero, TimeProvider.System);
    }

    [Fact]
    public async Task Acquire_InOneProcessTwice_TheSecondIsRefusedUntilTheFirstIsDisposed()
    {
        var first = await StoreLock.AcquireAsync(_root, "first", TimeSpan.Zero, TimeProvider.System);
        await Assert.ThrowsAsync<StoreLockedException>(() => StoreLock.AcquireAsync(_root, "second", TimeSpan.Zero, TimeProvider.System));
        await first.DisposeAsync();
        first.Dispose();
        using var second = await StoreLock.AcquireAsync(_root, "second", TimeSpan.Zero, TimeProvider.System);
    }

    [Fact]
    public async Task Acquire_WaitOver_IsMeasuredOnTheGivenClock()
    {
        using var first = await StoreLock.AcquireAsync(_root, "first", TimeSpan.Zero, TimeProvider.System);
        var time = new FakeTimeProvider { AutoAdvanceAmount = TimeSpan.FromSeconds(10) };
        var told = new List<StoreLockHolder>();
        var waiting = StoreLock.AcquireAsync(_root, "second", TimeSpan.FromSeconds(25), time, told.Add);
        while (!waiting.IsCompleted)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }
        var error = await Assert.ThrowsAsync<StoreLockedException>(() => waiting);
        Assert.Contains("waited 25 s", error.Message, StringComparison.Ordinal);
        Assert.Equal("first", Assert.Single(told).Command);
    }

    [Fact]
    public async Task Acquire_ByTheSilosOfACluster_IsSharedAndKeepsOthersOut()
    {
        Task<StoreLock> ShareAsync() => StoreLock.AcquireAsync(_root, "rvault silo", TimeSpan.Zero, TimeProvider.System, cluster: "rvault");
        using (await StoreLock.AcquireAsync(_root, "alone", TimeSpan.Zero, TimeProvider.System))
            await Assert.ThrowsAsync<StoreLockedException>(ShareAsync);
        using (await ShareAsync())
        using (await ShareAsync())
        {
            var error = await Assert.ThrowsAsync<StoreLockedException>(() =>
                StoreLock.AcquireAsync(_root, "alone", TimeSpan.Zero, TimeProvider.System)
            );
            Assert.Equal("rvault", error.Holder.Cluster);
        }
        using var after = await StoreLock.AcquireAsync(_root, "alone", TimeSpan.Zero, TimeProvider.System);
    }

    [Fact]
    public async Task Acquire_TextOfAClusterThatIsGone_IsNotTakenForTheHolders()
    {
        using var held = await StoreLock.AcquireAsync(_root, "alone", TimeSpan.Zero, TimeProvider.System);
        // As its text is for a moment after the lock was taken.
        const string old = """{"pid":1,"host":"x","command":"rvault silo","since":"2026-01-01T00:00:00Z","cluster":"old"}""";
        // The runtime's own way to open a file for writing would want a lock on it.
        using (var file = Libc.OpenOrCreate(_lockFile))
            RandomAccess.Write(file, Encoding.UTF8.GetBytes(old.PadRight(200)), 0);
        var error = await Assert.ThrowsAsync<StoreLockedException>(() =>
            StoreLock.AcquireAsync(_root, "second", TimeSpan.Zero, TimeProvider.System)
        );
        Assert.Null(error.Holder.Cluster);
    }

    [Fact]
    public async Task Acquire_Cancelled_EndsTheWaitAndTakesNothing()
    {
        using var cancel = new CancellationTokenSource();
        using (await StoreLock.AcquireAsync(_root, "first", TimeSpan.Zero, TimeProvider.System))
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
                StoreLock.AcquireAsync(
                    _root,
                    "second",
                    TimeSpan.FromMinutes(1),
                    TimeProvider.System,
                    _ => cancel.Cancel(),
                    cancellation: cancel.Token
                )
            );
        }
        using var third = await StoreLock.AcquireAsync(_root, "third", TimeSpan.Zero, TimeProvider.System);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{\"pid\":12,\"host\":\"x\",\"comm")]
    [InlineData("{\"pid\":-1,\"host\":\"x\",\"command\":\"y\",\"since\":\"2026-01-01T00:00:00Z\"}")]
    [InlineData("{\"pid\":12}")]
    [InlineData("null")]
    [InlineData("[1,2]")]
    [InlineData("\u0001\u0002 not json")]
    public async Task Acquire_HolderTextUnreadable_StillDecidesByTheLock(string text)
    {
        using (await StoreLock.AcquireAsync(_root, "first", TimeSpan.Zero, TimeProvider.System))
        {
            WriteLockFile(text);
            var error = await Assert.ThrowsAsync<StoreLockedException>(() =>
                StoreLock.AcquireAsync(_root, "x", TimeSpan.Zero, TimeProvider.System)
            );
            Assert.Equal(StoreLockHolder.Unknown, error.Holder);
            Assert.Contains("another process", error.Message, StringComparison.Ordinal);
        }
        using var second = await StoreLock.AcquireAsync(_root, "second", TimeSpan.Zero, TimeProvider.System);
    }

    [Fact]
    public async Task Acquire_StaleOrHugeText_IsOverwritten()
    {
        WriteLockFile(new string('x', 100_000));
        using var held = await StoreLock.AcquireAsync(_root, new string('c', 5_000), TimeSpan.Zero, TimeProvider.System);
        var error = await Assert.ThrowsAsync<StoreLockedException>(() =>
            StoreLock.AcquireAsync(_root, "x", TimeSpan.Zero, TimeProvider.System)
        );
        Assert.Equal((Environment.ProcessId, new string('c', 200)), (error.Holder.Pid, error.Holder.Command));
    }

    [Fact]
    public async Task Acquire_TextOfANewerVersion_IsReadAndMadeFitForATerminal()
    {
        using var held = await StoreLock.AcquireAsync(_root, "first", TimeSpan.Zero, TimeProvider.System);
        WriteLockFile(
            """{"pid":12,"host":"h","command":"serve\u001b[2J","since":"2026-11-23T10:00:00+00:00","endpoint":"https://127.0.0.1:1"}"""
        );
        var error = await Assert.ThrowsAsync<StoreLockedException>(() =>
            StoreLock.AcquireAsync(_root, "x", TimeSpan.Zero, TimeProvider.System)
        );
        Assert.Equal("process 12 on h (serve[2J) since 2026-11-23T10:00:00Z", error.Holder.ToString());
    }

    /// <summary>Past the runtime's own file locks, which are the same locks.</summary>
    private void WriteLockFile(string text)
    {
        using var file = Libc.OpenOrCreate(_lockFile);
        RandomAccess.SetLength(file, 0);
        RandomAccess.Write(file, Encoding.UTF8.GetBytes(text), 0);
    }
}
