using RecoveryVault.Format;

namespace RecoveryVault.DataPath;

/// <summary>
/// How long the packs become that chunks are moved to: known before anything is written, for payloads are sealed again as they are.
/// </summary>
internal sealed class RepackLayout(ObjectSuite suite)
{
    private long _bytes;
    private int _chunks;

    /// <summary>Bytes of all packs closed so far.</summary>
    public long Length { get; private set; }

    /// <summary>The length of a pack of so many chunks that are so long as sealed.</summary>
    public static long LengthOf(long sealedBytes, int chunks, ObjectSuite suite) =>
        ObjectLayout.PaddedLength(ObjectLayout.UnpaddedLength(ObjectHeader.SizeBytes + sealedBytes, chunks, suite));

    public void Add(in FrameEntry frame)
    {
        (_bytes, _chunks) = (_bytes + frame.SealedLength, _chunks + 1);
        if (LengthOf(_bytes, _chunks, suite) >= PackPipeline.PackLength)
            Close();
    }

    public void Close()
    {
        if (_chunks > 0)
            Length += LengthOf(_bytes, _chunks, suite);
        (_bytes, _chunks) = (0, 0);
    }
}
