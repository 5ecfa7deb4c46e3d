using RecoveryVault.Errors;
using RecoveryVault.Keys;
using RecoveryVault.Storage;
using RecoveryVault.Tests.Storage;

namespace RecoveryVault.Tests.Model;

internal sealed partial class ModelRun
{
    /// <summary>Codes that speak of damage: wrong unless there is some.</summary>
    private static HashSet<string> Alarms { get; } =
    [
        ErrorCodes.DataDamaged,
        ErrorCodes.DataMissing,
        ErrorCodes.DataBitRot,
        ErrorCodes.DataTampered,
        ErrorCodes.RecordTampered,
        ErrorCodes.WrongKey,
        ErrorCodes.WrongPlatformKey,
        ErrorCodes.CatalogueDamaged,
    ];

    private Step? _armed;
    private BlobCalls _hitCalls;
    private int _hitNth;
    private bool _isDuplicated;

    /// <summary>An item was denied on a silo that lives, and nothing has healed since: no key in memory counts any more.</summary>
    private bool _isDenialKnown;

    /// <summary>A silo died in this step.</summary>
    private bool _isDeadly;

    private bool WasHit => _hitCalls != BlobCalls.None && cluster.Store.Count(_hitCalls) > _hitNth;

    /// <summary>Whether what just happened may end otherwise than the ledger says.</summary>
    private bool IsLoose => _isDuplicated || _isDeadly || WasHit;

    /// <summary>Versions that an operation on an item may have to do with.</summary>
    private sealed record Involved(KeyId? Ring, KeyId Current, KeyId? Previous);

    private async Task<Involved> LookAsync(ItemLedger item)
    {
        var encryption = (await ReadVaultAsync()).Settings.Encryption;
        var ring = (await ReadItemAsync(item.Key))?.KeyId is { Length: > 0 } text ? KeyId.Parse(text) : null;
        return new(ring, KeyId.Parse(encryption.Current.KeyId), VersionOf(encryption.Previous?.KeyId));
    }

    private static KeyId? VersionOf(string? keyId) => keyId is null || KeyVersions.IsPlatform(keyId) ? null : KeyId.Parse(keyId);

    /// <summary>New data takes a key that wraps, asked each time, and the item's own ring opened or re-wrapped.</summary>
    private Expectation ForWriting(Involved before, Involved after)
    {
        var expected = new Expectation();
        KeyId?[] currents = [before.Current, after.Current];
        KeyId?[] rings = [before.Ring ?? before.Current, after.Ring ?? after.Current];
        foreach (var version in currents.Concat(rings).Append(before.Previous).Append(after.Previous))
            if (version is not null && Keys.CodeOf(version) is { } code)
                expected.May(code);
        foreach (var versions in (KeyId?[][])[currents, rings])
            if (versions.All(v => v is not null && Keys.CodeOf(v) is not null))
                Forbid(expected, Keys.CodeOf(versions[0]!)!);
        return expected;
    }

    /// <summary>What is read takes the item's ring, and that may be in a silo's memory for ten minutes.</summary>
    private Expectation ForReading(Involved before, Involved after)
    {
        var expected = new Expectation();
        List<KeyId> rings = [.. new[] { before.Ring, after.Ring }.OfType<KeyId>()];
        foreach (var ring in rings)
            if (Keys.CodeOf(ring) is { } code)
                expected.May(code);
        var isDenialKnown = _isDenialKnown && before.Previous is null && after.Previous is null;
        if (rings.Count > 0 && rings.All(v => Keys.IsForgotten(v, Now) || (isDenialKnown && IsDenial(Keys.CodeOf(v)))))
            Forbid(expected, Keys.CodeOf(rings[0])!);
        return expected;
    }

    /// <summary>A second activation of the vault may not have heard of a rotation, and may so take another version.</summary>
    private void Forbid(Expectation expected, string code)
    {
        if (_isDuplicated)
            expected.May(code);
        else
            expected.MustAlways(code);
    }

    private void Judge(string what, Outcome outcome, Expectation expected)
    {
        if (outcome.Error is { } error)
            _said.Add($"{error}");
        _last = outcome;
        NoteDenial(outcome);
        if (expected.Allows(outcome))
            return;
        var isTolerable = outcome.IsSuccess
            ? !expected.IsFirm
            : !Alarms.Contains(outcome.Code!) && (outcome.Code != Outcome.Unclear || _isDuplicated || _isDeadly);
        if (!(IsLoose && isTolerable))
            throw new InvariantBrokenException($"{what} ended in {outcome}; allowed: {expected}{(IsLoose ? " (loosely)" : "")}");
    }

    private void NoteDenial(Outcome outcome)
    {
        if (IsDenial(outcome.Code) || outcome.Code == ErrorCodes.KeyVaultUnreachable)
            _keyCode = outcome.Code;
        if (IsDenial(outcome.Code) && !_isDuplicated)
            _isDenialKnown = true;
    }

    /// <summary>How the last call ended.</summary>
    private Outcome _last = Outcome.Success;

    /// <summary>For a key's sake the last call was refused.</summary>
    private string? _keyCode;

    private static bool IsDenial(string? code) => code?.StartsWith("UserErrorCMK", StringComparison.Ordinal) is true;

    /// <summary>Makes the store fail in one of the next calls.</summary>
    private void Arm(Step step)
    {
        (Fault Fault, BlobCalls Calls)[] faults =
        [
            (new Fault.Fail(), BlobCalls.Put),
            (new Fault.AckLost(), BlobCalls.Put),
            (new Fault.Fail(BlobError.StoreFull), BlobCalls.Put),
            (new Fault.Fail(), BlobCalls.Delete),
            (new Fault.AckLost(), BlobCalls.Delete),
            (new Fault.Fail(), BlobCalls.Get),
            (new Fault.Fail(), BlobCalls.List),
            (new Fault.Fail(), BlobCalls.Read),
        ];
        var (fault, calls) = faults[step.A % faults.Length];
        if (step.Operation == Operation.CrashAtStore)
            (fault, calls) = ((step.A & 1) == 0 ? new Fault.CrashBefore() : new Fault.CrashAfter(), BlobCalls.Writes);
        (_hitCalls, _hitNth) = (calls, step.B % (calls == BlobCalls.Put || step.Operation == Operation.CrashAtStore ? 14 : 4));
        cluster.Store.ForgetCalls();
        cluster.Store.Inject(fault, calls, _hitNth);
    }

    private async Task DisarmAsync(Step armed)
    {
        var wasHit = WasHit;
        _hitCalls = BlobCalls.None;
        cluster.Store.Recover();
        if (!wasHit)
            return;
        tally.Meet(armed.Operation == Operation.CrashAtStore ? Situation.CrashedAtStore : Situation.StoreFaultHit);
        Trouble();
        if (armed.Operation == Operation.CrashAtStore)
            await RebootAsync();
    }
}
