namespace RecoveryVault.Files;

/// <summary>The parts a <see cref="GlobPattern"/> is made of.</summary>
internal enum GlobTokenKind : byte
{
    /// <summary>Beyond the last token.</summary>
    End,

    /// <summary>This byte.</summary>
    Literal,

    /// <summary>Any byte but '/'.</summary>
    AnyByte,

    /// <summary>One byte of a set.</summary>
    Class,

    /// <summary>Any bytes but '/'.</summary>
    Star,

    /// <summary>Any bytes.</summary>
    DoubleStar,

    /// <summary>Nothing, or any bytes up to and with a '/'.</summary>
    Directories,
}

/// <summary>One part; <paramref name="Members"/> is the set of a class, one flag per byte value.</summary>
internal readonly record struct GlobToken(GlobTokenKind Kind, byte Literal = 0, bool[]? Members = null)
{
    internal bool Matches(byte value) =>
        Kind switch
        {
            GlobTokenKind.Literal => value == Literal,
            GlobTokenKind.AnyByte => value != '/',
            GlobTokenKind.Class => Members is { } members && members[value],
            _ => false,
        };
}
