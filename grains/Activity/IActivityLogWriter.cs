using System.Collections.Immutable;
using RecoveryVault.Access;

namespace RecoveryVault.Activity;

/// <summary>The writing side of a vault's activity log.</summary>
[GrainsOnly, Alias("rv.IActivityLogWriter")]
public interface IActivityLogWriter : IGrainWithStringKey
{
    /// <summary>Appends an entry; it is durable when this returns.</summary>
    [Alias("Append")]
    Task AppendAsync(string caller, string operation, string status, Guid correlationId, ImmutableSortedDictionary<string, string> details);

    /// <summary>
    /// The same of an entry that somebody else may be appending at this moment: one that succeeded and has this operation and correlation
    /// id, and is newer than what the caller has seen, is enough.
    /// </summary>
    [Alias("AppendOnce")]
    Task AppendOnceAsync(string caller, string operation, Guid correlationId, ImmutableSortedDictionary<string, string> details);

    /// <summary>Where the log stands now.</summary>
    [Alias("GetMark")]
    Task<LogMark> GetMarkAsync();
}
