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

    /// <summary>Where the log stands now.</summary>
    [Alias("GetMark")]
    Task<LogMark> GetMarkAsync();
}
