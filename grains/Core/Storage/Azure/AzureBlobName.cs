using System.Globalization;
using System.Text;

namespace RecoveryVault.Storage.Azure;

/// <summary>
/// Names as Azure Blob Storage keeps them, one to one. Two names compare there, by UTF-16 units as by UTF-8 bytes, as they compare here, so
/// that the service lists in the contract's order.
/// </summary>
/// <remarks>
/// <para>Names of ASCII letters, digits and <c>- _ . /</c> are themselves, unless a segment ends with a dot.</para>
/// <para>The service or a library on the way changes: a dot that ends a segment, which becomes <c>.!</c> at the name's end and
/// <c>..^^</c> before a slash; a backslash, which becomes <c>[^^</c>; a space, <c>!0</c>, and so an exclamation mark, <c>!1</c>. Here
/// <c>^</c> stands for U+D7FB, which sorts behind all that stands for itself. Units from there on (halves of surrogate pairs, private and
/// invalid ones) become <c>^</c> and four hexadecimal digits.</para>
/// </remarks>
internal static class AzureBlobName
{
    /// <summary>The service's limits.</summary>
    public const int MaxLength = 1024,
        MaxSegments = 254;

    private const char Lead = '\uD7FB';
    private static readonly string DotBeforeSlash = $"..{Lead}{Lead}/";
    private static readonly string Backslash = $"[{Lead}{Lead}";

    /// <exception cref="BlobStoreException"><see cref="BlobError.InvalidName"/>: it breaks the rule or the service's limits.</exception>
    public static string Encode(string name)
    {
        BlobName.Require(name);
        var text = Escape(name);
        if (name[^1] == '.')
            text += '!';
        if (text.Length > MaxLength)
            throw Invalid($"has at most {MaxLength} characters there, escapes included; this one has {text.Length}");
        if (text.Count(c => c == '/') >= MaxSegments)
            throw Invalid($"has at most {MaxSegments} segments between slashes there");
        return text;
    }

    /// <summary>What the names that begin with some text begin with there; others may too.</summary>
    public static string EncodePrefix(string prefix) => Escape(prefix);

    /// <summary>A text behind which, there, all names lie that sort after <paramref name="after"/>, and few others.</summary>
    public static string EncodeAfter(string after)
    {
        // What no name holds sorts before all that one can hold.
        var end = after.AsSpan().IndexOfAnyInRange('\0', '\u001F');
        return Escape(end < 0 ? after : after[..end]) + '!';
    }

    /// <summary>The name stored as that; null when it is none of ours.</summary>
    public static string? Decode(string stored)
    {
        var name = new StringBuilder(stored.Length);
        for (var at = 0; at < stored.Length; )
        {
            var rest = stored.AsSpan(at);
            var (unit, length) = rest[0] switch
            {
                '!' when rest.Length > 1 => (rest[1] == '0' ? ' ' : '!', 2),
                '!' => ('\0', 1),
                '.' when rest.StartsWith(DotBeforeSlash) => ('.', DotBeforeSlash.Length - 1),
                '[' when rest.StartsWith(Backslash) => ('\\', Backslash.Length),
                Lead => ParseUnit(rest),
                var plain => (plain, 1),
            };
            if (length == 0)
                return null;
            if (unit != '\0')
                name.Append(unit);
            at += length;
        }
        var decoded = name.ToString();
        return BlobName.IsValid(decoded) && Escape(decoded) + (decoded[^1] == '.' ? "!" : "") == stored ? decoded : null;
    }

    private static (char Unit, int Length) ParseUnit(ReadOnlySpan<char> rest) =>
        rest.Length >= 5 && ushort.TryParse(rest[1..5], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var unit)
            ? ((char)unit, 5)
            : ('\0', 0);

    private static string Escape(string text)
    {
        if (!text.AsSpan().ContainsAnyExcept(Plain) && !text.Contains("./", StringComparison.Ordinal))
            return text;
        var escaped = new StringBuilder(text.Length + 16);
        for (var at = 0; at < text.Length; at++)
            Append(escaped, text[at], at + 1 < text.Length && text[at + 1] == '/');
        return escaped.ToString();
    }

    private static void Append(StringBuilder escaped, char unit, bool beforeSlash)
    {
        switch (unit)
        {
            case ' ':
                escaped.Append("!0");
                break;
            case '!':
                escaped.Append("!1");
                break;
            case '.' when beforeSlash:
                escaped.Append(DotBeforeSlash.AsSpan(0, DotBeforeSlash.Length - 1));
                break;
            case '\\':
                escaped.Append(Backslash);
                break;
            case >= Lead or < ' ':
                escaped.Append(Lead).Append(CultureInfo.InvariantCulture, $"{(ushort)unit:X4}");
                break;
            default:
                escaped.Append(unit);
                break;
        }
    }

    private static readonly System.Buffers.SearchValues<char> Plain = System.Buffers.SearchValues.Create(
        "-_./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    );

    private static BlobStoreException Invalid(string rule) => new(BlobError.InvalidName, $"A blob name in Azure Blob Storage {rule}.");
}
