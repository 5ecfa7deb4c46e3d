using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using RecoveryVault.Storage;

namespace RecoveryVault.Tests.bench.capacity;

/// <summary>One blob outside the collected heap: 24 bytes (version, time, lengths of name and content), its name, its content.</summary>
internal readonly unsafe struct NativeBlob
{
    private const int HeaderBytes = 24;

    private readonly byte* _at;

    private NativeBlob(byte* at) => _at = at;

    public ReadOnlySpan<byte> Name => new(_at + HeaderBytes, NameLength);

    public ReadOnlySpan<byte> Content => new(_at + HeaderBytes + NameLength, ((int*)_at)[5]);

    public string ETag => $"\"{*(long*)_at:x}\"";

    public BlobItem Item => new(Encoding.UTF8.GetString(Name), Content.Length, new DateTimeOffset(((long*)_at)[1], TimeSpan.Zero), ETag);

    private int NameLength => ((int*)_at)[4];

    public static NativeBlob Create(ReadOnlySpan<byte> name, ReadOnlySequence<byte> content, long version)
    {
        var at = (byte*)NativeMemory.Alloc((nuint)(HeaderBytes + name.Length + content.Length));
        (((long*)at)[0], ((long*)at)[1]) = (version, TimeProvider.System.GetUtcNow().Ticks);
        (((int*)at)[4], ((int*)at)[5]) = (name.Length, (int)content.Length);
        name.CopyTo(new Span<byte>(at + HeaderBytes, name.Length));
        content.CopyTo(new Span<byte>(at + HeaderBytes + name.Length, (int)content.Length));
        return new NativeBlob(at);
    }

    public void Free() => NativeMemory.Free(_at);
}
