using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using RecoveryVault.Keys;

namespace RecoveryVault.Format;

/// <summary>
/// One object's keys and the sealing and opening of its frames, for any number of threads: a cipher, which serves one at a time and takes
/// as long to make as to seal 10 KiB, is kept for the next operation. That no ordinal is sealed twice is the writer's duty.
/// </summary>
internal sealed class ObjectCipher : IDisposable
{
    private const int KeyLength = 32;
    private const int NonceLength = 12;
    private const int AadLength = ObjectHeader.SizeBytes + 8 + Bytes32.SizeBytes + 4 + 4 + 4;
    private readonly byte[] _header = new byte[ObjectHeader.SizeBytes];
    private readonly Layer _inner;
    private readonly Layer? _outer;

    /// <summary>Derives the keys and completes the header with the commitment.</summary>
    public ObjectCipher(ObjectHeader header, DataKey dek, PlatformKey? platformKey)
    {
        header.WriteTo(_header);
        Span<byte> info = stackalloc byte[KeyLabels.Object.Length + ObjectHeader.ContextSizeBytes];
        KeyLabels.Object.CopyTo(info);
        header.WriteContext(info[KeyLabels.Object.Length..]);
        Span<byte> output = stackalloc byte[KeyLength + Bytes32.SizeBytes];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, dek.Secret.Span, output, Salt, info);
        _inner = new(SecretBytes.CopyOf(output[..KeyLength]));
        output[KeyLength..].CopyTo(_header.AsSpan(ObjectHeader.CommitmentOffset));
        CryptographicOperations.ZeroMemory(output);
        if (header.Suite == ObjectSuite.Infrastructure && platformKey is not null)
            _outer = new(DeriveOuter(header, platformKey));
        Overhead = ObjectLayout.Overhead(header.Suite);
    }

    /// <summary>The 128 header bytes with the commitment.</summary>
    public ReadOnlySpan<byte> Header => _header;

    public int Overhead { get; }

    private ReadOnlySpan<byte> Salt => _header.AsSpan(48, Bytes32.SizeBytes);

    /// <summary>Seals a payload into <paramref name="destination"/>, which is longer by <see cref="Overhead"/>.</summary>
    public void Seal(in FrameBinding binding, ReadOnlySpan<byte> payload, Span<byte> destination)
    {
        Span<byte> aad = stackalloc byte[AadLength];
        Span<byte> nonce = stackalloc byte[NonceLength];
        Bind(binding, payload.Length, aad, nonce);
        var inner = _inner.Take();
        inner.Encrypt(nonce, payload, destination[..payload.Length], destination.Slice(payload.Length, ObjectLayout.TagLength), aad);
        _inner.Return(inner);
        if (_outer is null)
            return;
        var outer = _outer.Take();
        var innerFrame = destination[..^ObjectLayout.TagLength];
        outer.Encrypt(nonce, innerFrame, innerFrame, destination[^ObjectLayout.TagLength..], aad);
        _outer.Return(outer);
    }

    /// <summary>
    /// Opens a frame into <paramref name="payload"/>, which is shorter by <see cref="Overhead"/> and stays zero unless all is authentic.
    /// </summary>
    /// <exception cref="FormatFaultException">Tampered.</exception>
    public void Open(in FrameBinding binding, ReadOnlySpan<byte> sealedFrame, Span<byte> payload)
    {
        Span<byte> aad = stackalloc byte[AadLength];
        Span<byte> nonce = stackalloc byte[NonceLength];
        Bind(binding, payload.Length, aad, nonce);
        var buffer = _outer is null ? null : ArrayPool<byte>.Shared.Rent(sealedFrame.Length);
        try
        {
            if (_outer is not null)
            {
                var innerFrame = buffer.AsSpan(0, sealedFrame.Length - ObjectLayout.TagLength);
                var outer = _outer.Take();
                Decrypt(outer, nonce, sealedFrame, innerFrame, aad);
                _outer.Return(outer);
                sealedFrame = innerFrame;
            }
            var inner = _inner.Take();
            Decrypt(inner, nonce, sealedFrame, payload, aad);
            _inner.Return(inner);
        }
        catch (AuthenticationTagMismatchException e)
        {
            throw new FormatFaultException(
                FormatFault.Tampered,
                $"Frame {(long)binding.Ordinal} does not authenticate: it was altered or belongs elsewhere.",
                e
            );
        }
        finally
        {
            if (buffer is not null)
                ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    public void Dispose()
    {
        _inner.Dispose();
        _outer?.Dispose();
    }

    /// <summary>One layer's key, and its cipher between two operations.</summary>
    private sealed class Layer(SecretBytes key) : IDisposable
    {
        private AesGcm? _idle;
        private volatile bool _isDisposed;

        public AesGcm Take() => Interlocked.Exchange(ref _idle, null) ?? new AesGcm(key.Span, ObjectLayout.TagLength);

        /// <summary>After a failure it is not returned, and goes with the object that failed.</summary>
        public void Return(AesGcm cipher)
        {
            Interlocked.Exchange(ref _idle, cipher)?.Dispose();
            // It holds the expanded key, which must not outlive this.
            if (_isDisposed)
                Interlocked.Exchange(ref _idle, null)?.Dispose();
        }

        public void Dispose()
        {
            _isDisposed = true;
            Interlocked.Exchange(ref _idle, null)?.Dispose();
            key.Dispose();
        }
    }

    private static void Decrypt(
        AesGcm aes,
        ReadOnlySpan<byte> nonce,
        ReadOnlySpan<byte> frame,
        Span<byte> destination,
        ReadOnlySpan<byte> aad
    )
    {
        aes.Decrypt(nonce, frame[..^ObjectLayout.TagLength], frame[^ObjectLayout.TagLength..], destination, aad);
    }

    private SecretBytes DeriveOuter(ObjectHeader header, PlatformKey platformKey)
    {
        var label = KeyLabels.Infrastructure;
        Span<byte> info = stackalloc byte[label.Length + ObjectHeader.ContextSizeBytes + sizeof(uint)];
        label.CopyTo(info);
        header.WriteContext(info[label.Length..]);
        BinaryPrimitives.WriteUInt32LittleEndian(info[^sizeof(uint)..], platformKey.Id);
        Span<byte> key = stackalloc byte[KeyLength];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, platformKey.Secret.Span, key, Salt, info);
        var secret = SecretBytes.CopyOf(key);
        CryptographicOperations.ZeroMemory(key);
        return secret;
    }

    private void Bind(in FrameBinding binding, int payloadLength, Span<byte> aad, Span<byte> nonce)
    {
        _header.CopyTo(aad);
        var rest = aad[ObjectHeader.SizeBytes..];
        BinaryPrimitives.WriteUInt64LittleEndian(rest, binding.Ordinal);
        binding.ChunkId.Value.WriteTo(rest[8..]);
        BinaryPrimitives.WriteInt32LittleEndian(rest[40..], binding.PlaintextLength);
        BinaryPrimitives.WriteInt32LittleEndian(rest[44..], payloadLength);
        (rest[48], rest[49], rest[50], rest[51]) = ((byte)binding.Codec, binding.IsFinal ? (byte)1 : (byte)0, 0, 0);
        nonce[..4].Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(nonce[4..], binding.Ordinal);
    }
}

/// <summary>What a frame's seal is bound to besides its object's header and its payload's length.</summary>
internal readonly record struct FrameBinding(ulong Ordinal, ChunkId ChunkId, int PlaintextLength, PayloadCodec Codec, bool IsFinal)
{
    public FrameBinding(in FrameEntry entry)
        : this(entry.Ordinal, entry.ChunkId, entry.PlaintextLength, entry.Codec, false) { }

    public static FrameBinding Footer(int length) => new(ObjectLayout.FooterOrdinal, default, length, PayloadCodec.Raw, false);

    public static FrameBinding Tail => new(ObjectLayout.TailOrdinal, default, ObjectLayout.TailPlaintextLength, PayloadCodec.Raw, true);
}
