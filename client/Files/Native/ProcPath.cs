using System.Text.Unicode;

namespace RecoveryVault.Files.Native;

/// <summary>
/// Paths below <c>/proc/self/fd</c>: what Linux does by path only (modes and attributes of an inode held with O_PATH, attributes of a name
/// below an open directory) is done there, so that no swapped name can redirect it.
/// </summary>
internal static class ProcPath
{
    /// <summary>Room for the longest path: the prefix, a ten-digit number, a slash and a name.</summary>
    internal const int MaxLength = 32 + 4096;

    /// <summary>Leads to exactly what is open.</summary>
    internal static ReadOnlySpan<byte> Of(Descriptor file, Span<byte> buffer)
    {
        Utf8.TryWrite(buffer, $"/proc/self/fd/{file.Number}", out var written);
        return buffer[..written];
    }

    /// <summary>Leads to a name below an open directory.</summary>
    internal static ReadOnlySpan<byte> Of(Descriptor directory, ReadOnlySpan<byte> name, Span<byte> buffer)
    {
        var length = Of(directory, buffer).Length;
        buffer[length++] = (byte)'/';
        name.CopyTo(buffer[length..]);
        return buffer[..(length + name.Length)];
    }
}
