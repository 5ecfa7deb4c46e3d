namespace RecoveryVault.Catalogues;

/// <summary>What a recovery point holds.</summary>
public enum ContentKind : byte
{
    /// <summary>Never written; refused when read.</summary>
    Unknown = 0,

    /// <summary>A directory with everything below it, or one file with its attributes.</summary>
    Tree = 1,

    /// <summary>The bytes of one stream; its catalogue is a single file entry.</summary>
    Stream = 2,

    /// <summary>A disk image; its catalogue is a single file entry, cut at fixed places.</summary>
    Image = 3,
}
