using System.Buffers;
using System.Text;
using RecoveryVault.Storage;
using static RecoveryVault.Tests.Storage.BlobContent;

namespace RecoveryVault.Tests.Storage;

/// <summary>
/// What <see cref="IBlobStore"/> promises, for every implementation: derive, and give an empty store per test.
/// </summary>
public abstract partial class BlobStoreConformance : IAsyncLifetime
{
    private IBlobStore? _store;

    private IBlobStore Store => _store ?? throw new InvalidOperationException("The store is opened before each test.");

    /// <summary>Whether a listing says etags; one that would have to look into each blob does not.</summary>
    protected virtual bool ListsETags => true;

    /// <summary>Opens an empty store for one test.</summary>
    protected abstract Task<IBlobStore> OpenAsync();

    /// <summary>Removes it.</summary>
    protected virtual Task CloseAsync() => Task.CompletedTask;

    public async Task InitializeAsync() => _store = await OpenAsync();

    public Task DisposeAsync() => CloseAsync();

    [StoreFact]
    public async Task AnyCall_NameBreaksTheRule_IsRefusedAsInvalidName()
    {
        foreach (var name in new[] { "", "/", "/a", "a/", "a\0b", "a\nb", "a\u0085", "half\uD83D", "\uDE00half", new string('a', 1025) })
        {
            await RefusedAsync(BlobError.InvalidName, () => Store.PutTextAsync(name, "x"));
            await RefusedAsync(BlobError.InvalidName, () => Store.GetAsync(name));
            await RefusedAsync(BlobError.InvalidName, () => Store.ReadAsync(name, 0, new byte[1]));
            await RefusedAsync(BlobError.InvalidName, () => Store.DeleteAsync(name));
        }
    }

    [StoreFact]
    public async Task AnyCall_Cancelled_ThrowsAndChangesNothing()
    {
        var etag = await Store.PutTextAsync("a", "old");
        var cancelled = new CancellationToken(canceled: true);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Store.PutAsync("a", Of("new"), PutCondition.Always, cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Store.DeleteAsync("a", etag, cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Store.GetAsync("a", cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Store.ReadAsync("a", 0, new byte[1], cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Store.ListAsync("", cancellation: cancelled));
        Assert.Equal("old", await Store.GetTextAsync("a"));
    }

    [StoreFact]
    public async Task Put_IfAbsentWhereOneIs_IsRefusedAndChangesNothing()
    {
        var etag = await Store.PutTextAsync("a", "old", PutCondition.IfAbsent);
        await RefusedAsync(BlobError.PreconditionFailed, () => Store.PutTextAsync("a", "new", PutCondition.IfAbsent));
        await RefusedAsync(BlobError.PreconditionFailed, () => Store.PutTextAsync("a", "old", PutCondition.IfAbsent));
        await RequireUnchangedAsync("a", "old", etag);
    }

    [StoreFact]
    public async Task Put_IfPresentWhereNoneIs_IsRefusedAndMakesNothing()
    {
        await RefusedAsync(BlobError.PreconditionFailed, () => Store.PutTextAsync("a", "new", PutCondition.IfPresent));
        Assert.Null(await Store.GetAsync("a"));
        Assert.Empty(await Store.ListNamesAsync());
    }

    [StoreFact]
    public async Task Put_IfMatchOfAnotherVersion_IsRefusedAndChangesNothing()
    {
        var first = await Store.PutTextAsync("a", "1");
        var second = await Store.PutTextAsync("a", "2");
        foreach (var wrong in new[] { first, "\"nonsense\"", "*", "" })
            await RefusedAsync(BlobError.PreconditionFailed, () => Store.PutTextAsync("a", "3", PutCondition.IfMatch(wrong)));
        await RequireUnchangedAsync("a", "2", second);
    }

    [StoreFact]
    public async Task Put_IfMatchWhereNoneIs_IsRefusedAndMakesNothing()
    {
        var etag = await Store.PutTextAsync("a", "1");
        await Store.DeleteAsync("a");
        await RefusedAsync(BlobError.PreconditionFailed, () => Store.PutTextAsync("a", "2", PutCondition.IfMatch(etag)));
        Assert.Null(await Store.GetAsync("a"));
    }

    [StoreFact]
    public async Task Put_ConditionHolds_Replaces()
    {
        var created = await Store.PutTextAsync("a", "1", PutCondition.IfAbsent);
        var matched = await Store.PutTextAsync("a", "2", PutCondition.IfMatch(created));
        await RequireUnchangedAsync("a", "2", matched);
        var present = await Store.PutTextAsync("a", "3", PutCondition.IfPresent);
        await RequireUnchangedAsync("a", "3", present);
        await RequireUnchangedAsync("a", "4", await Store.PutTextAsync("a", "4", PutCondition.Always));
        await RequireUnchangedAsync("b", "5", await Store.PutTextAsync("b", "5", PutCondition.Always));
    }

    [StoreFact]
    public async Task Put_EqualContentAgain_GetsAnotherETag()
    {
        HashSet<string> etags = [];
        for (var i = 0; i < 5; i++)
            Assert.True(etags.Add(await Store.PutTextAsync("a", "same")), "an etag came twice");
        await Store.DeleteAsync("a");
        Assert.True(etags.Add(await Store.PutTextAsync("a", "same", PutCondition.IfAbsent)), "an etag came again after a deletion");
    }

    [StoreFact]
    public async Task Put_ContentInManySegments_IsOneContent()
    {
        var whole = Version(7, 100_000);
        await Store.PutAsync("a", Segments(whole, 37), PutCondition.IfAbsent);
        var blob = await Store.GetAsync("a");
        Assert.True(blob is not null && blob.Content.Span.SequenceEqual(whole), "the segments were not put together");
    }

    [StoreFact]
    public async Task Get_WhatTheCallerDoesToItsBytes_DoesNotReachTheStore()
    {
        var content = Encoding.UTF8.GetBytes("abc");
        await Store.PutAsync("a", new ReadOnlySequence<byte>(content), PutCondition.IfAbsent);
        content[0] = (byte)'X';
        var blob = await Store.GetAsync("a");
        Assert.True(System.Runtime.InteropServices.MemoryMarshal.TryGetArray(blob?.Content ?? default, out var array));
        array.AsSpan().Clear();
        Assert.Equal("abc", await Store.GetTextAsync("a"));
    }

    [StoreFact]
    public async Task Get_NothingThere_IsNull()
    {
        Assert.Null(await Store.GetAsync("a"));
        Assert.Null(await Store.ReadAsync("a/b", 0, new byte[1]));
        await Store.PutTextAsync("a/b", "x");
        Assert.Null(await Store.GetAsync("a"));
        Assert.Null(await Store.GetAsync("a/b/c"));
        Assert.Null(await Store.GetAsync("A/b"));
    }

    [StoreFact]
    public async Task Get_EmptyBlob_IsThereAndEmpty()
    {
        var etag = await Store.PutAsync("a", ReadOnlySequence<byte>.Empty, PutCondition.IfAbsent);
        await RequireUnchangedAsync("a", "", etag);
        Assert.Equal(0, await Store.ReadAsync("a", 0, new byte[10]));
        Assert.Equal(0, await Store.ReadAsync("a", 5, new byte[10]));
        Assert.Equal(0, Assert.Single((await Store.ListAsync("")).Items).Length);
    }

    [StoreTheory]
    [InlineData(0, 10, "0123456789")]
    [InlineData(0, 3, "012")]
    [InlineData(3, 4, "3456")]
    [InlineData(7, 10, "789")]
    [InlineData(9, 1, "9")]
    [InlineData(10, 5, "")]
    [InlineData(11, 5, "")]
    [InlineData(long.MaxValue, 5, "")]
    [InlineData(4, 0, "")]
    [InlineData(10, 0, "")]
    [InlineData(0, 100, "0123456789")]
    public async Task Read_Range_IsTheContentsPartAndTouchesNoMore(long offset, int length, string expected)
    {
        await Store.PutTextAsync("a", "0123456789");
        var destination = Enumerable.Repeat((byte)'-', length).ToArray();
        Assert.Equal(expected.Length, await Store.ReadAsync("a", offset, destination));
        Assert.Equal(expected.PadRight(length, '-'), Encoding.UTF8.GetString(destination));
    }

    [StoreFact]
    public async Task Read_NegativeOffset_IsTheCallersFault()
    {
        await Store.PutTextAsync("a", "0123456789");
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Store.ReadAsync("a", -1, new byte[3]));
    }

    [StoreFact]
    public async Task Delete_NothingThere_IsFalseWhateverTheVersion()
    {
        Assert.False(await Store.DeleteAsync("a"));
        Assert.False(await Store.DeleteAsync("a", "\"0\""));
        await Store.PutTextAsync("a/b", "x");
        Assert.False(await Store.DeleteAsync("a"));
        Assert.Equal("x", await Store.GetTextAsync("a/b"));
    }

    [StoreFact]
    public async Task Delete_AnotherVersion_IsRefusedAndChangesNothing()
    {
        var first = await Store.PutTextAsync("a", "1");
        var second = await Store.PutTextAsync("a", "2");
        await RefusedAsync(BlobError.PreconditionFailed, () => Store.DeleteAsync("a", first));
        await RequireUnchangedAsync("a", "2", second);
    }

    [StoreFact]
    public async Task Delete_ThatVersionOrAny_IsGone()
    {
        var etag = await Store.PutTextAsync("a", "1");
        await Store.PutTextAsync("b", "1");
        Assert.True(await Store.DeleteAsync("a", etag));
        Assert.True(await Store.DeleteAsync("b"));
        Assert.False(await Store.DeleteAsync("b"));
        Assert.Null(await Store.GetAsync("a"));
        Assert.Null(await Store.ReadAsync("b", 0, new byte[1]));
        Assert.Empty(await Store.ListNamesAsync());
        await Store.PutTextAsync("a", "2", PutCondition.IfAbsent);
    }

    private async Task RequireUnchangedAsync(string name, string text, string etag)
    {
        var blob = await Store.GetAsync(name);
        Assert.NotNull(blob);
        Assert.Equal((text, etag), (Encoding.UTF8.GetString(blob.Content.Span), blob.ETag));
    }

    private static ReadOnlySequence<byte> Segments(byte[] whole, int length)
    {
        var first = new Segment(whole.AsMemory(0, length), 0);
        var last = first;
        for (var at = length; at < whole.Length; at += length)
            last = last.Append(whole.AsMemory(at, Math.Min(length, whole.Length - at)));
        return new(first, 0, last, last.Memory.Length);
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(ReadOnlyMemory<byte> memory, long index) => (Memory, RunningIndex) = (memory, index);

        public Segment Append(ReadOnlyMemory<byte> memory)
        {
            var next = new Segment(memory, RunningIndex + Memory.Length);
            Next = next;
            return next;
        }
    }
}
