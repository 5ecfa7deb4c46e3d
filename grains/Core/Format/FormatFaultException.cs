namespace RecoveryVault.Format;

/// <summary>
/// Why stored bytes were refused. They are tested in the order of FORMAT.md, section 7; none returns a byte of plaintext first.
/// </summary>
public enum FormatFault
{
    /// <summary>The bytes are not of this format, or break a rule that an honest writer keeps.</summary>
    Malformed,

    /// <summary>The bytes are not those that were written: cut short, extended, or with flipped bits; found without keys.</summary>
    BitRot,

    /// <summary>The key is not the one that was used.</summary>
    WrongKey,

    /// <summary>The bytes were changed by someone who repaired what anyone can repair, or belong elsewhere.</summary>
    Tampered,

    /// <summary>A newer version wrote them; nothing is wrong with them.</summary>
    TooNew,
}

/// <summary>The one exception of the storage format. The message names no key and no plaintext.</summary>
public sealed class FormatFaultException(FormatFault fault, string message, Exception? inner = null) : Exception(message, inner)
{
    public FormatFault Fault { get; } = fault;
}
