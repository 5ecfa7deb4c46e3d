using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using RecoveryVault.Access;
using RecoveryVault.Alerts;
using RecoveryVault.Jobs;
using RecoveryVault.Keys;
using RecoveryVault.Keys.Traffic;

namespace RecoveryVault.Vaults;

public sealed partial class VaultGrain
{
    private const string CheckReminder = "key-health";

    private Task _look = Task.CompletedTask;

    /// <summary>The look that whoever asks now waits for; null: none is about to begin.</summary>
    private Task? _nextLook;

    private DateTimeOffset _checkWokenAt = DateTimeOffset.MinValue;

    public async Task<IReadOnlyList<VaultAlert>> ListAlertsAsync()
    {
        await LookAtKeyAsync();
        return Vault.Alerts;
    }

    /// <summary>A pass asks the key vault for more than a look does: then once an hour is enough.</summary>
    public Task CheckKeyAsync() =>
        IsCheckDue(_cell.Current?.Settings.Encryption.Previous is null ? KeyHealth.Period : PollAge)
            ? LookAtKeyAsync()
            : Task.CompletedTask;

    public Task EnsureCheckedAsync() => IsCheckDue(PollAge) ? LookAtKeyAsync() : Task.CompletedTask;

    private static readonly TimeSpan PollAge = TimeSpan.FromHours(1);

    private bool IsCheckDue(TimeSpan age) =>
        _cell.Current is { Settings: { Deleted: false, Encryption.IsCustomerManaged: true } } vault
        && KeyHealth.IsDue(vault.Health, age, Journal.Now);

    /// <summary>One that is under way began before this was asked, and may have seen what was then: only a later one counts.</summary>
    private Task LookAtKeyAsync() => _nextLook ??= LookNextAsync();

    private async Task LookNextAsync()
    {
        await Task.Yield();
        await _look.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        _nextLook = null;
        _look = LookAtKeyOnceAsync();
        await _look;
    }

    /// <summary>The look itself waits for the jobs that use the key; only what it found is written.</summary>
    private async Task LookAtKeyOnceAsync()
    {
        var seen = Vault;
        if (!seen.Settings.Encryption.IsCustomerManaged)
            return;
        KeyLook? look = null;
        await CallPriority.YieldAsync(async () =>
            look = await KeyLook.TakeAsync(seen, keyId => OpenKeyVault(keyId, seen.KeyPrincipal), Journal.Now)
        );
        if (look is null)
            return;
        ImmutableArray<VaultAlert> before = [];
        var noted = await UpdateAsync(_ =>
        {
            before = Vault.Alerts;
            return Vault.NoteLook(seen, look, NoteOf);
        });
        AlertMeter.Changed(before, noted.Alerts);
        foreach (var alert in noted.Alerts.ExceptBy(before.Select(a => a.AlertId), a => a.AlertId))
            LogAlert(_parts.Log, VaultId, alert.Name, alert.Severity, alert.Code);
        await SettleAsync();
    }

    [LoggerMessage(1301, LogLevel.Warning, "Vault {VaultId} has a new alert: {Alert} ({Severity}, {Code}).")]
    private static partial void LogAlert(ILogger log, VaultId vaultId, string alert, AlertSeverity severity, string code);

    private OwedNote NoteOf(VaultAlert alert, bool isRaised) =>
        NoteOf(
            isRaised ? "RaiseAlert" : "ResolveAlert",
            alert.AlertId,
            new("alert", alert.Name),
            new("code", alert.Code),
            new("subject", alert.Subject),
            new("description", alert.Description)
        ) with
        {
            Caller = Caller.System,
        };

    private JobError? ExpiryWarningOf(VaultRecord vault) =>
        vault is { Settings.Encryption: { IsCustomerManaged: true, Current.KeyId: var keyId }, Health: { } health }
        && health.KeyId == keyId
        && AlertRules.Expiring(vault, KeyId.Parse(keyId), health.ExpiresOn, Journal.Now) is { } expiring
            ? new JobError(expiring.Code, expiring.Description, expiring.Recommendation)
            : null;

    /// <summary>Any client's call finds out that nobody has looked for too long, and does not wait for the look.</summary>
    private async Task WakeCheckAsync()
    {
        var now = Journal.Now;
        if (!IsCheckDue(PollAge) || (now - _checkWokenAt).Duration() < WakePeriod)
            return;
        _checkWokenAt = now;
        await this.AsReference<IVaultKeys>().CheckKeyAsync();
    }

    /// <summary>
    /// The rotation's own reminder looks at keys that are followed or left; a pinned key has this one. It ends with what there is to look
    /// at.
    /// </summary>
    private async Task EnsureCheckReminderAsync()
    {
        var isNeeded = _cell.Current is { Settings: { Deleted: false, Encryption.IsCustomerManaged: true }, MustBeWatched: false };
        if (_cell.Current is not { Settings.Encryption.IsCustomerManaged: true })
            return;
        var reminder = await this.GetReminder(CheckReminder);
        if (isNeeded && reminder is null)
            await this.RegisterOrUpdateReminder(CheckReminder, KeyHealth.Period, KeyHealth.Period);
        else if (!isNeeded && reminder is not null)
            await this.UnregisterReminder(reminder);
    }

    public async Task ReceiveReminder(string reminderName, TickStatus status)
    {
        await EnsureCheckReminderAsync();
        await this.AsReference<IVaultKeys>().CheckKeyAsync();
    }
}
