using System.Globalization;
using System.Text;

namespace RecoveryVault.Storage;

/// <summary>
/// Blob name to path below the store's root and back: one to one, also on a file system that folds case or normalises Unicode.
/// </summary>
/// <remarks>
/// <para>The name is split at slashes; all segments but the last are directories, the last is the file.</para>
/// <para>a-z 0-9 - _ stand for themselves, and in a file name the dot, unless first or last; all else is %xx, lower hex of the
/// UTF-8.</para>
/// <para>Directories have no dot and files have one, so that <c>a</c> and <c>a/b</c> live side by side: a file name without a dot gets
/// <c>.b</c> appended, and one that ends in <c>.b</c> by itself has that dot escaped.</para>
/// <para>A segment longer than 200 bytes is cut between characters into pieces as long as fit; each but the last is a directory that ends
/// in <c>+</c>. An empty segment is the directory <c>~</c>. What begins with a dot on disk is the store's own and no blob.</para>
/// </remarks>
internal static class BlobPath
{
    private const int PieceBytes = 200;
    private const char Continued = '+';
    private const char EmptySegment = '~';
    private const string FileMark = ".b";
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The path of a name that keeps <see cref="BlobName"/>'s rule.</summary>
    public static string Encode(string name)
    {
        var path = new StringBuilder(name.Length + 8);
        var file = name.LastIndexOf('/') + 1;
        AppendDirectories(path, name.AsSpan(0, file));
        if (path.Length > 0)
            path.Append('/');
        var segment = name.AsSpan(file);
        AppendFile(path, segment[AppendContinued(path, segment)..]);
        return path.ToString();
    }

    /// <summary>
    /// The directory that holds every name beginning with <paramref name="prefix"/>: that of its text up to the last slash.
    /// </summary>
    public static string EncodeDirectory(string prefix)
    {
        var path = new StringBuilder(prefix.Length + 8);
        AppendDirectories(path, prefix.AsSpan(0, prefix.LastIndexOf('/') + 1));
        return path.ToString();
    }

    /// <summary>The name stored at a path, or null when no name is.</summary>
    public static string? Decode(string path)
    {
        string? text = "";
        var start = 0;
        for (int slash; (slash = path.IndexOf('/', start)) >= 0 && text is not null; start = slash + 1)
            text = DecodeDirectory(text, path[start..slash]);
        var name = text is null ? null : DecodeFile(text, path[start..]);
        return name is not null && IsPathOf(path, name) ? name : null;
    }

    /// <summary>Whether a path found on disk is the one place of a name decoded from it; anyone may put other files there.</summary>
    public static bool IsPathOf(string path, string name) => BlobName.IsValid(name) && Encode(name) == path;

    /// <summary>The text all names below a directory begin with, given that of its parent; null when no blob can lie there.</summary>
    public static string? DecodeDirectory(string parentText, string directory)
    {
        if (directory is [EmptySegment])
            return parentText + "/";
        var continued = directory is [.., Continued];
        var text = Unescape(continued ? directory[..^1] : directory);
        if (text is null)
            return null;
        return continued ? parentText + text : parentText + text + "/";
    }

    /// <summary>The name of a file, given its directory's text; it is a blob only if <see cref="IsPathOf"/>.</summary>
    public static string? DecodeFile(string parentText, string file)
    {
        var text = Unescape(file.EndsWith(FileMark, StringComparison.Ordinal) ? file[..^FileMark.Length] : file);
        return text is null ? null : parentText + text;
    }

    /// <summary>The directory of a path, "" for the root.</summary>
    public static string Parent(string path) => path[..Math.Max(0, path.LastIndexOf('/'))];

    private static void AppendDirectories(StringBuilder path, ReadOnlySpan<char> segments)
    {
        for (int slash; (slash = segments.IndexOf('/')) >= 0; segments = segments[(slash + 1)..])
        {
            if (path.Length > 0)
                path.Append('/');
            var segment = segments[..slash];
            if (segment.IsEmpty)
                path.Append(EmptySegment);
            else
                AppendEscaped(path, segment[AppendContinued(path, segment)..], dots: Range.EndAt(0));
        }
    }

    /// <summary>Appends every piece but the last of a long segment and returns where the last begins.</summary>
    private static int AppendContinued(StringBuilder path, ReadOnlySpan<char> segment)
    {
        int start = 0,
            at = 0,
            bytes = 0;
        foreach (var rune in segment.EnumerateRunes())
        {
            var size = rune.IsAscii && IsPlain((char)rune.Value) ? 1 : 3 * rune.Utf8SequenceLength;
            if (bytes + size > PieceBytes)
            {
                AppendEscaped(path, segment[start..at], dots: Range.EndAt(0));
                path.Append(Continued).Append('/');
                (start, bytes) = (at, 0);
            }
            bytes += size;
            at += rune.Utf16SequenceLength;
        }
        return start;
    }

    private static void AppendFile(StringBuilder path, ReadOnlySpan<char> piece)
    {
        var end = piece.EndsWith(FileMark) ? piece.Length - FileMark.Length : piece.Length - 1;
        var dots = 1..Math.Max(1, end);
        AppendEscaped(path, piece, dots);
        if (!piece[dots].Contains('.'))
            path.Append(FileMark);
    }

    /// <summary>Appends text, its dots raw within <paramref name="dots"/> and escaped elsewhere.</summary>
    private static void AppendEscaped(StringBuilder path, ReadOnlySpan<char> text, Range dots)
    {
        Span<byte> utf8 = stackalloc byte[4];
        var at = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            if (rune.IsAscii && (IsPlain((char)rune.Value) || (rune.Value == '.' && at >= dots.Start.Value && at < dots.End.Value)))
            {
                path.Append((char)rune.Value);
            }
            else
            {
                foreach (var unit in utf8[..rune.EncodeToUtf8(utf8)])
                    path.Append(CultureInfo.InvariantCulture, $"%{unit:x2}");
            }
            at += rune.Utf16SequenceLength;
        }
    }

    private static string? Unescape(string piece)
    {
        if (!piece.Contains('%'))
            return piece;
        var bytes = new byte[piece.Length];
        var count = 0;
        for (var i = 0; i < piece.Length; i++)
        {
            if (!char.IsAscii(piece[i]))
                return null;
            var escaped = piece[i] == '%';
            if (!escaped)
                bytes[count] = (byte)piece[i];
            else if (!TryParseHex(piece.AsSpan(i + 1), out bytes[count]))
                return null;
            count++;
            if (escaped)
                i += 2;
        }
        try
        {
            return StrictUtf8.GetString(bytes, 0, count);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }

    private static bool TryParseHex(ReadOnlySpan<char> text, out byte value)
    {
        value = 0;
        return text.Length >= 2 && byte.TryParse(text[..2], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);
    }

    private static bool IsPlain(char c) => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-' or '_';
}
