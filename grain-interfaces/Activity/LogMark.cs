namespace RecoveryVault.Activity;

/// <summary>
/// A place in a vault's activity log, as others remember it: number (0: before the first) and SHA-256 (hex) of the newest entry at that
/// moment. A log that does not have it was cut or changed.
/// </summary>
[GenerateSerializer, Immutable, Alias("rv.LogMark")]
public sealed record LogMark([property: Id(0)] long Seq, [property: Id(1)] string Hash);
