using RecoveryVault.Errors;

namespace RecoveryVault.Streams;

/// <summary>
/// Content that comes from outside, read once from beginning to end. Its end is the promise that it was whole: whatever else happened is an
/// error of the last read. A read can be given up at any time, though nothing can wake the system call below it: that one fills a buffer
/// of its own. After a read was given up or failed there is nothing more to read.
/// </summary>
internal abstract class OutsideStream(Stream pipe, string name) : Stream
{
    /// <summary>As much as a pipe of Linux holds.</summary>
    private const int BufferBytes = 64 << 10;

    private readonly byte[] _buffer = new byte[BufferBytes];
    private bool _ended;

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => false;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_ended || buffer.IsEmpty)
            return 0;
        var read = await AwaitAsync(ReadPipeAsync(Math.Min(buffer.Length, BufferBytes)), cancellationToken);
        _buffer.AsMemory(0, read).CopyTo(buffer);
        if (read > 0)
            return read;
        await RequireWholeAsync(cancellationToken);
        _ended = true;
        return 0;
    }

    /// <summary>Waits for a read of the pipe.</summary>
    protected virtual Task<int> AwaitAsync(Task<int> read, CancellationToken cancellation) => read.WaitAsync(cancellation);

    /// <summary>Called when nothing more comes.</summary>
    /// <exception cref="VaultException">What came is not all.</exception>
    protected abstract Task RequireWholeAsync(CancellationToken cancellation);

    private Task<int> ReadPipeAsync(int count) =>
        Task.Run(() =>
        {
            try
            {
                return pipe.Read(_buffer, 0, count);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new VaultException(ErrorCodes.SourceUnreadable, $"{name} cannot be read: {e.Message}");
            }
        });

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("It is read asynchronously.");

    /// <inheritdoc/>
    public override void Flush() { }

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
