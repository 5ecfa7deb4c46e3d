namespace RecoveryVault.Format;

/// <summary>The sizes of a sealed object's parts in bytes.</summary>
internal static class ObjectLayout
{
    public const int TagLength = 16;
    public const int TailPlaintextLength = 16;
    public const int FooterHeadLength = 4;
    public const int FooterEntryLength = 48;
    public const ulong FooterOrdinal = ulong.MaxValue;
    public const ulong TailOrdinal = ulong.MaxValue - 1;

    /// <summary>Offsets have 32 bits, and one put of a blob must take the whole object.</summary>
    public const long MaxLength = 256 << 20;

    private const int SmallStep = 4096;
    private const int LargeStep = 65_536;
    private const int SmallLimit = 256 << 10;

    /// <summary>How much longer a sealed frame is than its payload.</summary>
    public static int Overhead(ObjectSuite suite) => suite == ObjectSuite.Infrastructure ? 2 * TagLength : TagLength;

    public static int SealedTailLength(ObjectSuite suite) => TailPlaintextLength + Overhead(suite);

    /// <summary>
    /// The length an object of this length is padded to. A length that is its own padded length may occur, every other is refused.
    /// </summary>
    public static long PaddedLength(long length)
    {
        var step = length <= SmallLimit ? SmallStep : LargeStep;
        return (length + step - 1) / step * step;
    }

    /// <summary>The whole object's length without padding.</summary>
    public static long UnpaddedLength(long footerOffset, int frames, ObjectSuite suite) =>
        footerOffset
        + FooterHeadLength
        + ((long)frames * FooterEntryLength)
        + Overhead(suite)
        + SealedTailLength(suite)
        + ObjectTrailer.SizeBytes;
}
