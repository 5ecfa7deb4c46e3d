using System.Text.Json;

namespace RecoveryVault.Records;

/// <summary>
/// A stored record is sound and says something that this release does not understand. Whoever would write it again must not: the later
/// release's words would be lost. For those who only look it is a record that cannot be read.
/// </summary>
public sealed class LaterRecordException(string message) : JsonException(message);
