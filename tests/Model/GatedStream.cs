namespace RecoveryVault.Tests.Model;

/// <summary>A source that gives the halves of its content when it is told to.</summary>
internal sealed class GatedStream(byte[] content) : Stream
{
    private readonly TaskCompletionSource _reached = New();
    private readonly TaskCompletionSource _half = New();
    private readonly TaskCompletionSource _all = New();
    private int _position;

    /// <summary>Done when somebody reads.</summary>
    public Task Reached => _reached.Task;

    public void ReleaseHalf() => _half.TrySetResult();

    public void ReleaseAll()
    {
        _half.TrySetResult();
        _all.TrySetResult();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        _reached.TrySetResult();
        var half = content.Length / 2;
        await (_position < half ? _half : _all).Task;
        var count = Math.Min(buffer.Length, (_position < half ? half : content.Length) - _position);
        content.AsMemory(_position, count).CopyTo(buffer);
        _position += count;
        return count;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override void Flush() { }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
