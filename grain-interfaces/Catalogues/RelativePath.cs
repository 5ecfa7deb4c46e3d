using System.Text;

namespace RecoveryVault.Catalogues;

/// <summary>
/// A path below the source's root as the raw bytes of the file system, components separated by '/'; empty for the root itself. Names need
/// not be valid UTF-8. The order is that of a pre-order walk: component by component, bytes unsigned, a directory before its content.
/// </summary>
public readonly struct RelativePath(ReadOnlyMemory<byte> bytes) : IEquatable<RelativePath>, IComparable<RelativePath>
{
    /// <summary>The longest path in bytes (Linux's PATH_MAX bounds a single call, not a tree's depth).</summary>
    public const int MaxLength = 65_535;

    /// <summary>The source's root.</summary>
    public static RelativePath Root => default;

    /// <summary>The raw bytes.</summary>
    public ReadOnlyMemory<byte> Bytes { get; } = bytes;

    /// <summary>True for the source itself.</summary>
    public bool IsRoot => Bytes.IsEmpty;

    /// <summary>The last component.</summary>
    public ReadOnlySpan<byte> Name => Bytes.Span[(Bytes.Span.LastIndexOf((byte)'/') + 1)..];

    /// <summary>From text, as UTF-8.</summary>
    public static RelativePath FromText(string path) => new(Encoding.UTF8.GetBytes(path));

    /// <summary>The path of a child of this directory.</summary>
    public RelativePath Append(ReadOnlySpan<byte> name)
    {
        if (IsRoot)
            return new(name.ToArray());
        var joined = new byte[Bytes.Length + 1 + name.Length];
        Bytes.Span.CopyTo(joined);
        joined[Bytes.Length] = (byte)'/';
        name.CopyTo(joined.AsSpan(Bytes.Length + 1));
        return new(joined);
    }

    /// <summary>True when this is <paramref name="ancestor"/> or lies below it.</summary>
    public bool IsWithin(RelativePath ancestor) =>
        ancestor.IsRoot
        || (
            Bytes.Span.StartsWith(ancestor.Bytes.Span)
            && (Bytes.Length == ancestor.Bytes.Length || Bytes.Span[ancestor.Bytes.Length] == '/')
        );

    /// <summary>Names hold no zero byte, so '/' sorting below every other byte gives the pre-order.</summary>
    public int CompareTo(RelativePath other)
    {
        var a = Bytes.Span;
        var b = other.Bytes.Span;
        var common = a.CommonPrefixLength(b);
        if (common == a.Length || common == b.Length)
            return a.Length.CompareTo(b.Length);
        return Rank(a[common]).CompareTo(Rank(b[common]));
        static int Rank(byte value) => value == '/' ? 0 : value;
    }

    /// <inheritdoc/>
    public bool Equals(RelativePath other) => Bytes.Span.SequenceEqual(other.Bytes.Span);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is RelativePath other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.AddBytes(Bytes.Span);
        return hash.ToHashCode();
    }

    /// <summary>For people: valid UTF-8 as it is; control characters, backslashes and bytes that are not UTF-8 as \xNN.</summary>
    public override string ToString()
    {
        var text = new StringBuilder(Bytes.Length);
        for (var rest = Bytes.Span; !rest.IsEmpty; )
        {
            var valid = Rune.DecodeFromUtf8(rest, out var rune, out var length) == System.Buffers.OperationStatus.Done;
            if (valid && !Rune.IsControl(rune) && rune.Value != '\\')
                text.Append(rune.ToString());
            else
                foreach (var value in rest[..length])
                    text.Append($"\\x{value:x2}");
            rest = rest[length..];
        }
        return text.ToString();
    }

    /// <summary>Equality of the bytes.</summary>
    public static bool operator ==(RelativePath left, RelativePath right) => left.Equals(right);

    /// <summary>Inequality of the bytes.</summary>
    public static bool operator !=(RelativePath left, RelativePath right) => !left.Equals(right);

    /// <summary>Walk order.</summary>
    public static bool operator <(RelativePath left, RelativePath right) => left.CompareTo(right) < 0;

    /// <summary>Walk order.</summary>
    public static bool operator >(RelativePath left, RelativePath right) => left.CompareTo(right) > 0;

    /// <summary>Walk order.</summary>
    public static bool operator <=(RelativePath left, RelativePath right) => left.CompareTo(right) <= 0;

    /// <summary>Walk order.</summary>
    public static bool operator >=(RelativePath left, RelativePath right) => left.CompareTo(right) >= 0;
}
