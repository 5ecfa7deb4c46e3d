namespace RecoveryVault.Tests.Items;

/// <summary>A source of which nothing comes until the test says so.</summary>
internal sealed class SilentStream : MemoryStream
{
    private readonly TaskCompletionSource _read = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<byte[]> _said = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _isOver;

    public Task IsRead => _read.Task;

    public void Say(byte[] content) => _said.SetResult(content);

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        _read.TrySetResult();
        var content = await _said.Task.WaitAsync(cancellationToken);
        if (_isOver)
            return 0;
        _isOver = true;
        content.CopyTo(buffer);
        return content.Length;
    }
}
