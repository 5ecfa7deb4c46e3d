using RecoveryVault.Files.Native;

namespace RecoveryVault.Files.Restore;

/// <summary>What undoes the making of a directory.</summary>
/// <param name="Directory">Which.</param>
/// <param name="Found">What it was when it was there already; null when it was made.</param>
/// <param name="Aside">The temporary name of what made way for it; null when nothing had to.</param>
internal sealed record MadeDirectory(TargetDirectory Directory, FileStat? Found, byte[]? Aside);
