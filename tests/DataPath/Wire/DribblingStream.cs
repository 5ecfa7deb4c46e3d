namespace RecoveryVault.Tests.DataPath.Wire;

/// <summary>Gives its bytes a few at a time, as a slow connection does.</summary>
internal sealed class DribblingStream(byte[] bytes, int step) : MemoryStream(bytes)
{
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        base.ReadAsync(buffer[..Math.Min(step, buffer.Length)], cancellationToken);
}
