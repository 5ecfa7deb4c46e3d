namespace RecoveryVault.DataPath;

/// <summary>How a stream is cut into chunks; given by the silo so that every backup of an item cuts alike.</summary>
/// <param name="MinLength">No chunk but a stream's last is shorter, in bytes.</param>
/// <param name="TargetLength">The average aimed at, a power of two.</param>
/// <param name="MaxLength">No chunk is longer, in bytes.</param>
/// <param name="Seed">32 secret bytes that choose the cut points, so that chunk lengths tell a stranger nothing about known files.</param>
public sealed record ChunkerSettings(int MinLength, int TargetLength, int MaxLength, ReadOnlyMemory<byte> Seed)
{
    /// <inheritdoc/>
    public override string ToString() => $"ChunkerSettings({MinLength}, {TargetLength}, {MaxLength})";
}
