using System.Security.Cryptography;

namespace RecoveryVault.Keys;

/// <summary>
/// Key material in pinned memory (the collector never copies it), zeroed on dispose. It has no serializer, no equality and
/// prints nothing of itself.
/// </summary>
public sealed class SecretBytes : IDisposable
{
    private readonly byte[] _bytes;
    private bool _disposed;

    private SecretBytes(int length) => _bytes = GC.AllocateUninitializedArray<byte>(length, pinned: true);

    /// <summary>The length in bytes; readable after dispose.</summary>
    public int Length => _bytes.Length;

    /// <summary>The bytes, valid until dispose.</summary>
    /// <exception cref="ObjectDisposedException">The secret was zeroed.</exception>
    public ReadOnlySpan<byte> Span
    {
        get
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return _bytes;
        }
    }

    /// <summary>The bytes for calls that wait; valid until dispose.</summary>
    public ReadOnlyMemory<byte> Memory
    {
        get
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return _bytes;
        }
    }

    /// <summary>Fresh random key material.</summary>
    public static SecretBytes Random(int length)
    {
        var secret = new SecretBytes(length);
        RandomNumberGenerator.Fill(secret._bytes);
        return secret;
    }

    /// <summary>Copies key material; the caller zeroes its own copy.</summary>
    public static SecretBytes CopyOf(ReadOnlySpan<byte> source)
    {
        var secret = new SecretBytes(source.Length);
        source.CopyTo(secret._bytes);
        return secret;
    }

    /// <summary>Lets <paramref name="fill"/> write the key material in place, so that no other copy exists.</summary>
    public static SecretBytes Fill<TState>(int length, TState state, System.Buffers.SpanAction<byte, TState> fill)
    {
        var secret = new SecretBytes(length);
        fill(secret._bytes, state);
        return secret;
    }

    public void Dispose()
    {
        _disposed = true;
        CryptographicOperations.ZeroMemory(_bytes);
    }

    public override string ToString() => "SecretBytes(redacted)";
}
