using System.Runtime.InteropServices;
using System.Runtime.InteropServices.Marshalling;

namespace RecoveryVault.Files.Native;

/// <summary>Passes raw bytes as a C string; names are never text here.</summary>
[CustomMarshaller(typeof(ReadOnlySpan<byte>), MarshalMode.ManagedToUnmanagedIn, typeof(In))]
internal static unsafe class NulTerminated
{
    internal ref struct In
    {
        private byte* _text;
        private bool _allocated;

        /// <summary>Room on the stack for a name (at most 255 bytes) below <c>/proc/self/fd/N/</c>.</summary>
        public static int BufferSize => 320;

        /// <exception cref="ArgumentException">The name holds a zero byte: the kernel would see a shorter one.</exception>
        public void FromManaged(ReadOnlySpan<byte> managed, Span<byte> buffer)
        {
            if (managed.Contains((byte)0))
                throw new ArgumentException("A name holds a zero byte.", nameof(managed));
            _allocated = managed.Length >= buffer.Length;
            // The caller's buffer is on the stack and does not move.
            _text = _allocated
                ? (byte*)NativeMemory.Alloc((nuint)managed.Length + 1)
                : (byte*)System.Runtime.CompilerServices.Unsafe.AsPointer(ref MemoryMarshal.GetReference(buffer));
            managed.CopyTo(new Span<byte>(_text, managed.Length));
            _text[managed.Length] = 0;
        }

        public readonly byte* ToUnmanaged() => _text;

        public readonly void Free()
        {
            if (_allocated)
                NativeMemory.Free(_text);
        }
    }
}
