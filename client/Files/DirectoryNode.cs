using RecoveryVault.Files.Native;

namespace RecoveryVault.Files;

/// <summary>A directory as a link of the chain that leads to it, so that it can be closed and found again without a path.</summary>
internal sealed class DirectoryNode(DirectoryNode? parent, ReadOnlyMemory<byte> name, InodeId id)
{
    /// <summary>Null for the root.</summary>
    internal DirectoryNode? Parent { get; } = parent;

    internal ReadOnlyMemory<byte> Name { get; } = name;

    /// <summary>What it was when first opened; found again, it must be the same.</summary>
    internal InodeId Id { get; } = id;

    /// <summary>Null while <see cref="OpenDirectories"/> keeps it closed.</summary>
    internal Descriptor? Descriptor { get; set; }

    /// <summary>Its place in the order of use.</summary>
    internal LinkedListNode<DirectoryNode>? Use { get; set; }
}
