using RecoveryVault.Catalogues;
using RecoveryVault.Errors;

namespace RecoveryVault.Files.Restore;

/// <summary>
/// What a path in a catalogue must be before anything is made of it: whoever wrote the catalogue must not reach outside the target.
/// </summary>
internal static class PathRules
{
    /// <exception cref="VaultException"><see cref="ErrorCodes.UnsafePath"/>.</exception>
    internal static void Require(RelativePath path, RelativePath? last)
    {
        if (path.Bytes.Length > RelativePath.MaxLength)
            throw Unsafe(path, $"it has {path.Bytes.Length} bytes, want at most {RelativePath.MaxLength}");
        if (last is { } before && path <= before)
            throw Unsafe(path, $"it does not come after '{before}'");
        if (path.IsRoot)
            return;
        foreach (var range in path.Bytes.Span.Split((byte)'/'))
        {
            var component = path.Bytes.Span[range];
            if (component.IsEmpty)
                throw Unsafe(path, "it is absolute or has an empty component");
            if (component.SequenceEqual("."u8) || component.SequenceEqual(".."u8))
                throw Unsafe(path, "it has '.' or '..' as a component");
            if (component.Contains((byte)0))
                throw Unsafe(path, "it holds a zero byte");
        }
    }

    internal static VaultException Unsafe(RelativePath path, string why) =>
        new(ErrorCodes.UnsafePath, $"The catalogue's path '{path}' was refused: {why}.");

    /// <summary>The path of the directory an entry lies in.</summary>
    internal static RelativePath ParentOf(RelativePath path) => new(path.Bytes[..Math.Max(path.Bytes.Span.LastIndexOf((byte)'/'), 0)]);
}
