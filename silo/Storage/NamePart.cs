namespace RecoveryVault.Storage;

/// <summary>Any text as one part of a blob name, so that different texts stay different.</summary>
internal static class NamePart
{
    /// <summary>A slash would begin a new part, and a store may take parts of dots for something else.</summary>
    public static string Of(string text) => Uri.EscapeDataString(text).Replace(".", "%2E", StringComparison.Ordinal);
}
