using System.Buffers;

namespace RecoveryVault.DataPath.Wire;

/// <summary>A frame and what followed it.</summary>
/// <param name="Frame">The header.</param>
/// <param name="Content">The chunk's content at the start of a pooled buffer; null unless the type is content.</param>
/// <param name="Text">The error code or document; empty for the other types.</param>
public readonly record struct ReceivedFrame(ChunkFrame Frame, IMemoryOwner<byte>? Content, ReadOnlyMemory<byte> Text);
