using System.Buffers;
using System.Collections.Immutable;
using RecoveryVault.Catalogues;
using RecoveryVault.Files.Native;

namespace RecoveryVault.Files;

/// <summary>Reads extended attributes, POSIX ACLs among them (system.posix_acl_access and _default).</summary>
internal static class AttributeReader
{
    /// <summary>XATTR_LIST_MAX and XATTR_SIZE_MAX: Linux keeps neither longer lists of names nor longer values.</summary>
    private const int MaxBytes = 65_536;

    /// <summary>Enough for almost every file.</summary>
    private const int FewNames = 1024;

    /// <summary>
    /// The attributes at a path, in byte order of names; those that could not be read, or are more than an entry of a catalogue holds,
    /// are left out and told by <paramref name="unreadable"/> (the name is empty when it was the list). A file system without attributes
    /// has none.
    /// </summary>
    internal static ImmutableArray<ExtendedAttribute> Read(ReadOnlySpan<byte> path, bool follow, UnreadableAttribute unreadable)
    {
        Span<byte> few = stackalloc byte[FewNames];
        var error = Libc.ListAttributes(path, follow, few, out var length);
        if (error == 0)
            return length == 0 ? [] : ReadValues(path, follow, few[..length], unreadable);
        if (error == Errno.EOPNOTSUPP)
            return [];
        if (error != Errno.ERANGE)
        {
            unreadable(default, error);
            return [];
        }
        var names = ArrayPool<byte>.Shared.Rent(MaxBytes);
        try
        {
            error = Libc.ListAttributes(path, follow, names, out length);
            if (error == 0)
                return ReadValues(path, follow, names.AsSpan(0, length), unreadable);
            unreadable(default, error);
            return [];
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(names);
        }
    }

    private static ImmutableArray<ExtendedAttribute> ReadValues(
        ReadOnlySpan<byte> path,
        bool follow,
        ReadOnlySpan<byte> names,
        UnreadableAttribute unreadable
    )
    {
        var found = ImmutableArray.CreateBuilder<ExtendedAttribute>();
        var room = CatalogueLimits.MaxExtendedAttributeBytes;
        var buffer = ArrayPool<byte>.Shared.Rent(MaxBytes);
        try
        {
            while (!names.IsEmpty)
            {
                var name = names[..names.IndexOf((byte)0)];
                names = names[(name.Length + 1)..];
                var error = Libc.GetAttribute(path, follow, name, buffer, out var length);
                var needed = name.Length + length + CatalogueLimits.ExtendedAttributeOverhead;
                if (error == 0 && needed > room)
                    error = Errno.E2BIG;
                if (error is not (0 or Errno.ENODATA)) // ENODATA: removed since it was listed.
                    unreadable(name, error);
                if (error != 0 || IsFound(found, name)) // Security modules and network file systems have listed names twice.
                    continue;
                found.Add(new(name.ToArray(), buffer.AsSpan(0, length).ToArray()));
                room -= needed;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
        found.Sort((a, b) => a.Name.Span.SequenceCompareTo(b.Name.Span));
        return found.DrainToImmutable();
    }

    private static bool IsFound(ImmutableArray<ExtendedAttribute>.Builder found, ReadOnlySpan<byte> name)
    {
        foreach (var attribute in found)
            if (attribute.Name.Span.SequenceEqual(name))
                return true;
        return false;
    }
}

/// <summary>Hears of an attribute that could not be read.</summary>
internal delegate void UnreadableAttribute(ReadOnlySpan<byte> name, int error);
