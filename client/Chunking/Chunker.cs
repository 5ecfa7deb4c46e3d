using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using RecoveryVault.Catalogues;
using RecoveryVault.DataPath;

namespace RecoveryVault.Chunking;

/// <summary>
/// Content-defined chunking: FastCDC (2020) with a keyed gear hash and normalized chunking of level 2. The rule, for a stream cut from
/// where the last chunk ended:
/// <list type="number">
/// <item>H(n) is the gear hash of the 64 bytes up to length n: begin with 0 and for each byte b, in order, H = 2·H + Gear[b] mod 2^64
/// (<see cref="GearTable"/>).</item>
/// <item>With t = log2(TargetLength): the chunk ends at the least length n from MinLength to TargetLength-1 with H(n) &lt; 2^(62-t), else
/// at the least from TargetLength to MaxLength-1 with H(n) &lt; 2^(66-t) (that is, its highest t+2, then t-2 bits are zero), else at
/// MaxLength, or where the stream ends.</item>
/// </list>
/// A cut depends on the 64 bytes before it and on where the chunk began, so that after an insertion the cuts soon fall where they fell
/// before. Chunk lengths are secret only as long as nobody sees them: the gear hash is no pseudorandom function. Immutable and safe for
/// concurrent use.
/// </summary>
public sealed class Chunker
{
    /// <summary>Bytes the gear hash reaches back: each older one is shifted out.</summary>
    internal const int Window = 64;
    private const int SeedBytes = 32;
    private const int NormalizationLevel = 2;
    private readonly ulong[] _gear;
    private readonly ulong _belowTarget;
    private readonly ulong _aboveTarget;

    /// <exception cref="ArgumentException">
    /// Not 64 ≤ min ≤ target ≤ max ≤ <see cref="ChunkRef.MaxLength"/> with target a power of two from 256, or the seed is not 32 bytes.
    /// </exception>
    public Chunker(ChunkerSettings settings)
    {
        var (min, target, max, seed) = settings;
        if (min < Window || target < min || max < target || max > ChunkRef.MaxLength || target < 256 || !BitOperations.IsPow2(target))
            throw new ArgumentException(
                $"Want {Window} <= min <= target <= max <= {ChunkRef.MaxLength}, target a power of two from 256; got {settings}.",
                nameof(settings)
            );
        if (seed.Length != SeedBytes)
            throw new ArgumentException($"Want a seed of {SeedBytes} bytes, got {seed.Length}.", nameof(settings));
        (MinLength, TargetLength, MaxLength) = (min, target, max);
        _gear = GearTable.Expand(seed.Span);
        var bits = 64 - BitOperations.Log2((uint)target);
        _belowTarget = 1UL << (bits - NormalizationLevel);
        _aboveTarget = 1UL << (bits + NormalizationLevel);
    }

    internal int MinLength { get; }

    internal int TargetLength { get; }

    internal int MaxLength { get; }

    /// <summary>Cuts a stream; the reader does not dispose it.</summary>
    /// <param name="content">Read to its end.</param>
    /// <param name="lengthHint">How long it is, if known: short content then gets short buffers.</param>
    public ChunkReader Cut(Stream content, long? lengthHint = null) => new(this, content, lengthHint);

    /// <summary>
    /// Where the chunk that <paramref name="content"/> begins with ends; 0 if its end lies beyond. <paramref name="position"/> remembers
    /// what was scanned when more content is added behind.
    /// </summary>
    internal int FindEnd(ReadOnlySpan<byte> content, ref ScanPosition position)
    {
        if (content.Length < MinLength)
            return 0;
        if (position.Length == 0)
        {
            var hash = 0UL;
            foreach (var value in content[(MinLength - Window)..(MinLength - 1)])
                hash = (hash << 1) + _gear[value];
            position = new(MinLength - 1, hash);
        }
        var end = Scan(content[..Math.Min(content.Length, TargetLength - 1)], ref position, _belowTarget);
        if (end == 0 && content.Length >= TargetLength)
            end = Scan(content[..Math.Min(content.Length, MaxLength - 1)], ref position, _aboveTarget);
        return end == 0 && content.Length >= MaxLength ? MaxLength : end;
    }

    /// <summary>The least length beyond the position at which the hash is below the threshold, or 0.</summary>
    private int Scan(ReadOnlySpan<byte> content, ref ScanPosition position, ulong threshold)
    {
        ref var bytes = ref MemoryMarshal.GetReference(content);
        // The table has 256 words and a byte indexes it: no bounds to check.
        ref var gear = ref MemoryMarshal.GetArrayDataReference(_gear);
        var hash = position.Hash;
        nint at = position.Length;
        // Two bytes a step: the chain from hash to hash is one shift and one addition for both.
        for (nint pairs = content.Length - 1; at < pairs; at += 2)
        {
            var first = Unsafe.Add(ref gear, (nint)Unsafe.Add(ref bytes, at));
            var second = Unsafe.Add(ref gear, (nint)Unsafe.Add(ref bytes, at + 1));
            if ((hash << 1) + first < threshold)
                return (int)at + 1;
            hash = (hash << 2) + ((first << 1) + second);
            if (hash < threshold)
                return (int)at + 2;
        }
        for (; at < content.Length; at++)
        {
            hash = (hash << 1) + Unsafe.Add(ref gear, (nint)Unsafe.Add(ref bytes, at));
            if (hash < threshold)
                return (int)at + 1;
        }
        position = new((int)at, hash);
        return 0;
    }
}

/// <summary>How far a chunk was scanned: the hash of the window that ends at this length.</summary>
internal readonly record struct ScanPosition(int Length, ulong Hash);
