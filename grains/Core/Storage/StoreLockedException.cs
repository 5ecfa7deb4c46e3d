using System.Globalization;

namespace RecoveryVault.Storage;

/// <summary>A store was still locked by another process when the wait was over.</summary>
public sealed class StoreLockedException(string root, StoreLockHolder holder, TimeSpan waited)
    : Exception(
        string.Create(
            CultureInfo.InvariantCulture,
            $"The store at {root} is in use by {holder}; waited {waited.TotalSeconds:0} s. Wait for it to end, or wait longer."
        )
    )
{
    /// <summary>Who had it at the end, as far as known.</summary>
    public StoreLockHolder Holder { get; } = holder;
}
