using RecoveryVault.Errors;
using RecoveryVault.Keys;
using RecoveryVault.Keys.Local;

namespace RecoveryVault.Tests.Model;

internal sealed partial class ModelRun
{
    private LocalKeyVault OwnerOf(KeyLedger key) => cluster.KeyVaults.Open(key.Host, KeyVaultCaller.Owner);

    private GrainId Schedule => GrainId.Create("key-rotation", VaultId.ToString());

    /// <summary>After every change of a key vault.</summary>
    private void LookAtKeys(bool isWorse)
    {
        Keys.Look(Now);
        if (isWorse)
            Trouble();
        else
            _isDenialKnown = false;
    }

    private async Task NewVersionAsync(KeyLedger key)
    {
        if (key.IsDeleted)
            return;
        // Versions of one second have no order that a user could know.
        cluster.Time.Advance(TimeSpan.FromSeconds(1));
        var bundle = await OwnerOf(key).CreateKeyAsync("kek", new() { Kty = "RSA" });
        key.Versions.Add(KeyId.Parse(bundle.Key.Kid));
        LookAtKeys(isWorse: key.Outage is not null);
    }

    private async Task SetEnabledAsync(KeyId version, bool enabled)
    {
        var key = Keys.Of(version);
        if (key.IsDeleted)
            return;
        await OwnerOf(key).UpdateKeyAsync(version.Name, version.Version, new KeyUpdate { Enabled = enabled });
        if (enabled)
            key.Disabled.Remove(version);
        else
            key.Disabled.Add(version);
        LookAtKeys(isWorse: !enabled);
        if (enabled)
            tally.Meet(Situation.KeyHealed);
    }

    /// <summary>Disables what the list calls safe to disable: from then on nothing may miss it.</summary>
    private async Task DisableSafeAsync(Step step)
    {
        var safe = (await ListKeyVersionsAsync())
            .Where(v => v.SafeToDisable && !KeyVersions.IsPlatform(v.KeyId))
            .Select(v => KeyId.Parse(v.KeyId))
            .ToList();
        var enabled = safe.Where(v => !Keys.Of(v).Disabled.Contains(v)).ToList();
        if (enabled.Count == 0)
            return;
        var version = enabled[step.B % enabled.Count];
        var isTroubled = _pending.Values.Select(p => p.IsTroubled).ToList();
        await SetEnabledAsync(version, enabled: false);
        // Disabling what is safe is no trouble at all.
        foreach (var (pending, was) in _pending.Values.Zip(isTroubled))
            pending.IsTroubled = was;
        tally.Meet(Situation.SafeVersionDisabled);
    }

    private async Task DisableAsync(Step step)
    {
        var version = Key.Versions[step.B % Key.Versions.Count];
        var isNeeded = !_calledSafe.Contains(version);
        await SetEnabledAsync(version, enabled: false);
        if (isNeeded)
            tally.Meet(Situation.NeededVersionDisabled);
    }

    private async Task EnableAsync(Step step)
    {
        var disabled = Keys
            .Keys.SelectMany(k => k.Disabled)
            .Order(Comparer<KeyId>.Create((a, b) => string.CompareOrdinal($"{a}", $"{b}")))
            .ToList();
        if (disabled.Count > 0)
            await SetEnabledAsync(disabled[step.B % disabled.Count], enabled: true);
    }

    private async Task DeleteKeyAsync()
    {
        if (Key.IsDeleted)
            return;
        await OwnerOf(Key).DeleteKeyAsync("kek");
        Key.IsDeleted = true;
        LookAtKeys(isWorse: true);
    }

    private async Task RecoverAsync()
    {
        foreach (var key in Keys.Keys.Where(k => k.IsDeleted))
        {
            await OwnerOf(key).RecoverDeletedKeyAsync("kek");
            key.IsDeleted = false;
            tally.Meet(Situation.KeyHealed);
        }
        LookAtKeys(isWorse: false);
    }

    /// <summary>Purge protection refuses it.</summary>
    private async Task PurgeKeyAsync()
    {
        if (!Key.IsDeleted)
            return;
        await Assert.ThrowsAsync<KeyVaultException>(() => OwnerOf(Key).PurgeDeletedKeyAsync("kek"));
        tally.Meet(Situation.PurgeRefused);
    }

    private async Task GrantAsync(KeyLedger key, bool granted)
    {
        var principal = (await Vault.Vault.GetAsync()).Identity.PrincipalId!;
        string[] permissions = granted ? ["get", "list", "wrapKey", "unwrapKey"] : ["get"];
        await cluster.KeyVaults.SetPolicyAsync(key.KeyVault, principal, permissions);
        key.IsRevoked = !granted;
        LookAtKeys(isWorse: !granted);
    }

    private Task BeginOutageAsync(Step step)
    {
        KeyVaultFault[] kinds = [KeyVaultFault.Unreachable, KeyVaultFault.Throttled, KeyVaultFault.Unauthorized];
        Key.Outage = kinds[step.A % kinds.Length];
        Key.OutageEnds = Now + Hours[step.B % Hours.Length];
        cluster.KeyVaultTraffic.Fail(Key.Host, Key.Outage.Value);
        LookAtKeys(isWorse: true);
        return Task.CompletedTask;
    }

    private void EndOutages(bool all)
    {
        foreach (var key in Keys.Keys.Where(k => k.Outage is not null && (all || k.OutageEnds <= Now)))
        {
            key.Outage = null;
            cluster.KeyVaultTraffic.Heal(key.Host);
        }
        LookAtKeys(isWorse: false);
    }

    /// <summary>Once to three times, at the same time, on any silo: it must all be as if once.</summary>
    private async Task TickAsync(Step step)
    {
        await Task.WhenAll(Enumerable.Range(0, 1 + (step.A % 3)).Select(i => TickOnceAsync(step.B + i, onTwin: (step.C + i & 1) != 0)));
        if (_isDuplicated || WasHit || _isDeadly)
            return;
        await TickOnceAsync(0, onTwin: false);
        await Invariants.I7_TickIdempotence(this, () => TickOnceAsync(step.C, onTwin: false));
    }

    private async Task TickOnceAsync(int silo, bool onTwin)
    {
        var outcome = await Outcome.OfAsync(() => cluster.TickAsync(Schedule, silo, onTwin && _isDuplicated));
        Judge("A tick", outcome, new Expectation());
    }

    private async Task SyncAsync(VaultClient client)
    {
        var before = (await ReadVaultAsync()).Settings.Encryption;
        var outcome = await Outcome.OfAsync(() => VaultClient.SyncAsync(client.Open(VaultId)));
        var after = (await ReadVaultAsync()).Settings.Encryption;
        Judge("A sync", outcome, ForSync([before.Current.KeyId, before.Previous?.KeyId, after.Current.KeyId, after.Previous?.KeyId]));
        if (outcome.Code == ErrorCodes.RotationBlocked)
            tally.Meet(Situation.RotationBlocked);
    }

    private Expectation ForSync(IEnumerable<string?> versions)
    {
        var expected = new Expectation();
        foreach (var version in versions.Select(VersionOf).OfType<KeyId>().Concat(Key.Versions))
            if (Keys.CodeOf(version) is { } code)
                expected.May(code).May(ErrorCodes.RotationBlocked);
        return _isDuplicated ? expected.May(ErrorCodes.ConcurrentChange).May(ErrorCodes.RotationBlocked) : expected;
    }

    private async Task<IReadOnlyList<KeyVersionUse>> ListKeyVersionsAsync()
    {
        IReadOnlyList<KeyVersionUse> uses = [];
        var outcome = await Outcome.OfAsync(async () => uses = await Vault.Vault.ListKeyVersionsAsync());
        Judge("The list of key versions", outcome, new Expectation());
        foreach (var use in uses.Where(u => u.SafeToDisable && !KeyVersions.IsPlatform(u.KeyId)))
            CallSafe(KeyId.Parse(use.KeyId));
        await Invariants.I2_SafeMeansUnused(this);
        return uses;
    }

    private readonly HashSet<KeyId> _calledSafe = [];

    /// <summary>Versions that were called safe to disable, ever.</summary>
    public IReadOnlySet<KeyId> CalledSafe => _calledSafe;

    public void CallSafe(KeyId version) => _calledSafe.Add(version);

    private async Task AssignOtherKeyVaultAsync()
    {
        await AddKeyVaultAsync();
        var next = Key;
        var outcome = await AssignAsync(next.Versions[0].Versionless);
        if (outcome.IsSuccess)
            tally.Meet(Situation.OtherKeyVaultTaken);
        // Which key is in force decides which one the further steps are about.
        var inForce = VersionOf((await ReadVaultAsync()).Settings.Encryption.Current.KeyId)!;
        if (inForce.Host == next.Host)
            Follows = true;
        else
            Keys.Keys.Remove(next);
    }

    private async Task PinOrFollowAsync()
    {
        if (VersionOf((await ReadVaultAsync()).Settings.Encryption.Current.KeyId) is not { } current)
            return;
        var outcome = await AssignAsync(Follows ? current : current.Versionless);
        if (outcome.IsSuccess || IsLoose)
            Follows = KeyId.Parse((await ReadVaultAsync()).Settings.Encryption.KeyUri!).Version is null;
    }

    /// <summary>The new key must be fit and the old one must unwrap once more, or nothing changes.</summary>
    private async Task<Outcome> AssignAsync(KeyId keyId)
    {
        var before = (await ReadVaultAsync()).Settings.Encryption;
        var outcome = await Outcome.OfAsync(() =>
            VaultClient.UpdateEncryptionAsync(Vault, new() { OperationId = Guid.NewGuid(), KeyUri = keyId.ToString() })
        );
        var after = (await ReadVaultAsync()).Settings.Encryption;
        var expected = ForSync([before.Current.KeyId, before.Previous?.KeyId, after.Current.KeyId, after.Previous?.KeyId]);
        if (expected.Codes.Count > 0)
            expected.May(ErrorCodes.UserErrorCMKKeyVaultAuthFailure).May(ErrorCodes.UserErrorCMKMissingMangedIdentityPermissionOnKeyVault);
        // A reminder of the days that went by may have begun a rotation meanwhile, and even have ended it.
        if (before.Previous is not null || after.Previous is not null || before.Current.Generation != after.Current.Generation)
            expected.May(ErrorCodes.RotationBlocked);
        // A key that was only looked at, and refused, takes nothing out of any silo's memory.
        var isDenialKnown = _isDenialKnown;
        Judge($"Assigning {keyId}", outcome, expected.May(ErrorCodes.ConcurrentChange));
        _isDenialKnown = isDenialKnown;
        if (VersionOf(after.Current.KeyId) is { } current)
            _calledSafe.Remove(current);
        return outcome;
    }
}
