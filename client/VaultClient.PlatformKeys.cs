using RecoveryVault.Keys;

namespace RecoveryVault;

public sealed partial class VaultClient
{
    /// <summary>
    /// Puts another platform key in force, or goes on with a rotation that has not ended, and returns when everything that can be renewed
    /// names it.
    /// </summary>
    /// <exception cref="Errors.VaultException">OtherSilosActive; or the store cannot be reached: run it again then.</exception>
    public async Task<PlatformKeyProgress> RotatePlatformKeyAsync(
        Action<PlatformKeyProgress>? report = null,
        CancellationToken cancellation = default
    )
    {
        var keys = grains.GetGrain<IPlatformKeyGrain>(0);
        for (var progress = await keys.RotateAsync(); ; progress = await keys.ContinueAsync())
        {
            report?.Invoke(progress);
            if (progress.Done)
                return progress;
            cancellation.ThrowIfCancellationRequested();
        }
    }
}
