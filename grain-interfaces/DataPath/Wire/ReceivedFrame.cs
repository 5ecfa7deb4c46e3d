using System.Buffers;

namespace RecoveryVault.DataPath.Wire;

/// <summary>A frame and what followed it.</summary>
/// <param name="Frame">The header.</param>
/// <param name="Content">The chunk's content in the first <see cref="ChunkFrame.Length"/> bytes of a pooled buffer; null unless the type is content.</param>
/// <param name="Text">The error code or document; empty for the other types.</param>
public readonly record struct ReceivedFrame(ChunkFrame Frame, IMemoryOwner<byte>? Content, ReadOnlyMemory<byte> Text);
