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
    /// The same of an entry that somebody else may be appending at this moment, or has: one that succeeded and has this operation and
    /// correlation id is enough.
    /// </summary>
    /// <param name="mayBeOld">Whether it is owed since longer than a moment: then further is looked back.</param>
    [Alias("AppendOnce")]
    Task AppendOnceAsync(
        string caller,
        string operation,
        Guid correlationId,
        ImmutableSortedDictionary<string, string> details,
        bool mayBeOld
    );

    /// <summary>Where the log stands now.</summary>
    [Alias("GetMark")]
    Task<LogMark> GetMarkAsync();
}
