using Microsoft.Extensions.Hosting;
using RecoveryVault.Items;
using RecoveryVault.Storage;

namespace RecoveryVault.Telemetry;

/// <summary>
/// Looks through the records of all items, again and again, for the one whose last backup is oldest. One silo of a cluster does it: the
/// first of those that are Active.
/// </summary>
internal sealed class OldestBackupWatch(IBlobStore store, IClusterMembershipService membership, ILocalSiloDetails self, TimeProvider time)
    : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromMinutes(15);

    private readonly OldestBackup _backups = new(store, time);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, time);
        do
        {
            if (IsFirst())
                await LookAsync(stoppingToken);
            else
                _backups.Forget();
        } while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task LookAsync(CancellationToken cancellation)
    {
        try
        {
            await _backups.LookAsync(cancellation);
        }
        catch (Exception e) when (StoreRefusals.Find(e) is not null)
        {
            // What was found last counts, and grows older, until the store answers again.
        }
    }

    private bool IsFirst()
    {
        var active = membership.CurrentSnapshot.Members.Values.Where(m => m.Status == SiloStatus.Active).Select(m => m.SiloAddress);
        return active.Order().FirstOrDefault()?.Equals(self.SiloAddress) == true;
    }
}
