using RecoveryVault.Tests.Tampering;

namespace RecoveryVault.Tests.Model;

/// <summary>What may happen: the alphabet of the runs.</summary>
internal enum Operation
{
    BackUp,
    BackUpRetained,
    BackUpStart,
    BackUpChunk,
    BackUpCommit,
    BackUpTwice,
    Restore,
    Verify,
    DeletePoint,
    UndeletePoint,
    DeleteItem,
    UndeleteItem,
    Protect,
    StopProtection,
    AssignPolicy,
    Expire,
    Reclaim,
    ReminderTick,
    Sync,
    ListKeyVersions,
    AssignOtherKeyVault,
    PinOrFollow,
    KvRotate,
    KvDisableSafe,
    KvDisable,
    KvEnable,
    KvDeleteKey,
    KvRecover,
    KvPurge,
    KvRevokePermission,
    KvGrantPermission,
    KvOutage,
    Advance,
    AdvanceDays,
    SkewClock,
    StoreFault,
    Tamper,
    RestoreOldRecord,
    RestoreOldStorageSnapshot,
    Deactivate,
    DuplicateActivation,
    KillSilo,
    DirtyReboot,
    CrashAtStore,
    LoseRecords,
}

/// <summary>How rough a run is.</summary>
internal enum Roughness
{
    /// <summary>Key vaults, clocks and the store fail; the silos live.</summary>
    Calm,

    /// <summary>Every grain has a second activation, too.</summary>
    Duplicated,

    /// <summary>Silos and the whole cluster die, too.</summary>
    Deadly,

    /// <summary>Records of grains are lost and rebuilt, too; the store does not fail.</summary>
    Lossy,
}

/// <summary>One operation; the numbers say on what, counted around whatever there is by then, so that steps can be left out.</summary>
internal sealed record Step(Operation Operation, int A, int B, int C)
{
    public override string ToString() => $"{Operation}({A % 100},{B % 100},{C % 100})";
}

/// <summary>The steps of a run, drawn from its seed.</summary>
/// <param name="Seed">Draws the same steps again.</param>
internal sealed record Plan(int Seed, Roughness Roughness, IReadOnlyList<Step> Steps)
{
    private const int Length = 32;

    // Most steps must find a vault that works: what takes a key away is seldom, what gives it back is not.
    private static readonly Dictionary<Operation, int> Rare = new()
    {
        [Operation.BackUp] = 9,
        [Operation.Restore] = 8,
        [Operation.DeletePoint] = 4,
        [Operation.Expire] = 4,
        [Operation.KvEnable] = 6,
        [Operation.KvRecover] = 4,
        [Operation.KvGrantPermission] = 4,
        [Operation.KvDisable] = 2,
        [Operation.KvOutage] = 1,
        [Operation.KvDeleteKey] = 1,
        [Operation.KvRevokePermission] = 1,
        [Operation.KvPurge] = 1,
        [Operation.AssignOtherKeyVault] = 1,
        [Operation.PinOrFollow] = 1,
        [Operation.DeleteItem] = 1,
        [Operation.StopProtection] = 1,
        [Operation.AssignPolicy] = 2,
        [Operation.SkewClock] = 1,
        [Operation.Tamper] = 3,
        [Operation.RestoreOldRecord] = 2,
        [Operation.RestoreOldStorageSnapshot] = 1,
        [Operation.DuplicateActivation] = 2,
        [Operation.KillSilo] = 2,
        [Operation.DirtyReboot] = 1,
        [Operation.CrashAtStore] = 2,
        [Operation.LoseRecords] = 9,
    };

    private const int Usual = 3;

    public static Plan Draw(int seed)
    {
        var dice = new Dice((ulong)seed);
        var (roughness, script) = seed <= Scripts.All.Count ? Scripts.All[seed - 1] : (RoughnessOf(seed), []);
        var alphabet = Enum.GetValues<Operation>().Where(o => Fits(o, roughness)).ToList();
        List<Operation> urn = [.. alphabet.SelectMany(o => Enumerable.Repeat(o, Rare.GetValueOrDefault(o, Usual)))];
        return new Plan(
            seed,
            roughness,
            [
                .. script,
                .. Enumerable
                    .Range(0, Length - script.Count)
                    .Select(_ => new Step(
                        urn[dice.Next(urn.Count)],
                        dice.Next(int.MaxValue),
                        dice.Next(int.MaxValue),
                        dice.Next(int.MaxValue)
                    )),
            ]
        );
    }

    private static Roughness RoughnessOf(int seed) =>
        (seed % 10) switch
        {
            0 => Roughness.Deadly,
            1 or 2 => Roughness.Duplicated,
            5 => Roughness.Lossy,
            _ => Roughness.Calm,
        };

    private static bool Fits(Operation operation, Roughness roughness) =>
        operation switch
        {
            Operation.KillSilo or Operation.DirtyReboot or Operation.CrashAtStore => roughness == Roughness.Deadly,
            Operation.DuplicateActivation => roughness == Roughness.Duplicated,
            Operation.LoseRecords => roughness == Roughness.Lossy,
            Operation.StoreFault => roughness != Roughness.Lossy,
            _ => true,
        };
}
