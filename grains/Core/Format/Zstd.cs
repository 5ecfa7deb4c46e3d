using System.Reflection;
using System.Runtime.InteropServices;

namespace RecoveryVault.Format;

/// <summary>
/// The native zstd library, of the builds the package ZstdNet carries. Called directly: the package's own wrapper throws for every chunk
/// that does not compress.
/// </summary>
internal static partial class Zstd
{
    private const string Library = "libzstd";

    static Zstd() => NativeLibrary.SetDllImportResolver(typeof(Zstd).Assembly, Find);

    /// <summary>A context for each thread: making one costs more than compressing a small chunk.</summary>
    [ThreadStatic]
    private static Context? _context;

    private static Context Mine => _context ??= new Context();

    /// <summary>Compresses into a destination that may be too short; false when it is.</summary>
    public static unsafe bool TryCompress(ReadOnlySpan<byte> source, Span<byte> destination, int level, out int length)
    {
        nuint result;
        fixed (byte* from = source)
        fixed (byte* to = destination)
            result = CompressCCtx(Mine.Compressor, to, (nuint)destination.Length, from, (nuint)source.Length, level);
        return Succeeded(result, out length);
    }

    /// <summary>Decompresses one frame, or several in a row; false when the source is none or its content does not fit.</summary>
    public static unsafe bool TryDecompress(ReadOnlySpan<byte> source, Span<byte> destination, out int length)
    {
        nuint result;
        fixed (byte* from = source)
        fixed (byte* to = destination)
            result = DecompressDCtx(Mine.Decompressor, to, (nuint)destination.Length, from, (nuint)source.Length);
        return Succeeded(result, out length);
    }

    /// <summary>
    /// Where the runtime looks; else where a build for every platform keeps it, which the runtime knows of only for the program that was
    /// built so, not for another one in its directory.
    /// </summary>
    private static nint Find(string name, Assembly assembly, DllImportSearchPath? where)
    {
        if (name != Library)
            return 0;
        if (NativeLibrary.TryLoad(name, assembly, where, out var found))
            return found;
        var architecture = RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant();
        var beside = Path.Combine(AppContext.BaseDirectory, "runtimes", $"linux-{architecture}", "native", "libzstd.so");
        return NativeLibrary.TryLoad(beside, out found) ? found : 0;
    }

    private static bool Succeeded(nuint result, out int length)
    {
        var failed = IsError(result) != 0;
        length = failed ? 0 : (int)result;
        return !failed;
    }

    [LibraryImport(Library, EntryPoint = "ZSTD_createCCtx")]
    private static partial nint CreateCCtx();

    [LibraryImport(Library, EntryPoint = "ZSTD_createDCtx")]
    private static partial nint CreateDCtx();

    [LibraryImport(Library, EntryPoint = "ZSTD_freeCCtx")]
    private static partial nuint FreeCCtx(nint context);

    [LibraryImport(Library, EntryPoint = "ZSTD_freeDCtx")]
    private static partial nuint FreeDCtx(nint context);

    [LibraryImport(Library, EntryPoint = "ZSTD_compressCCtx")]
    private static unsafe partial nuint CompressCCtx(nint context, byte* to, nuint capacity, byte* from, nuint length, int level);

    [LibraryImport(Library, EntryPoint = "ZSTD_decompressDCtx")]
    private static unsafe partial nuint DecompressDCtx(nint context, byte* to, nuint capacity, byte* from, nuint length);

    [LibraryImport(Library, EntryPoint = "ZSTD_isError")]
    private static partial uint IsError(nuint result);

    /// <summary>One thread's contexts, freed some time after the thread has ended.</summary>
    private sealed class Context
    {
        private nint _compressor;
        private nint _decompressor;

        ~Context()
        {
            // Freeing none is allowed.
            FreeCCtx(_compressor);
            FreeDCtx(_decompressor);
        }

        public nint Compressor => Made(ref _compressor, CreateCCtx);

        public nint Decompressor => Made(ref _decompressor, CreateDCtx);

        private static nint Made(ref nint context, Func<nint> create) =>
            context != 0 ? context
            : (context = create()) != 0 ? context
            : throw new InsufficientMemoryException("There is no memory for compression.");
    }
}
