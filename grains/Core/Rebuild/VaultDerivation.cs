using RecoveryVault.Errors;
using RecoveryVault.Items;
using RecoveryVault.Keys;
using RecoveryVault.Records;
using RecoveryVault.Retention;
using RecoveryVault.Vaults;

namespace RecoveryVault.Rebuild;

/// <summary>
/// A vault's record as its descriptors, its log and its items' rings say it must be. Never weaker than what they say: whatever shows that a
/// later descriptor was in force than the newest that is there is a loss.
/// </summary>
internal sealed class VaultDerivation(
    VaultId vaultId,
    FoundRecords<VaultDescriptor> descriptors,
    LogEvidence log,
    IReadOnlyList<KeyRing> rings,
    bool isDestroyed
)
{
    /// <summary>The settings, and the descriptor that holds them; none when what follows from elsewhere is in no descriptor yet.</summary>
    /// <exception cref="VaultException">A loss that is not accepted.</exception>
    public VaultRecord Derive(IReadOnlyList<ItemId> roster, Losses losses, DateTimeOffset now)
    {
        if (descriptors.IsEmpty)
            throw Missing($"No descriptor of vault {vaultId} is there that is authentic: nothing says its settings.");
        if (log.Fault is { } fault)
            losses.Add($"{fault} What was changed in vault {vaultId} last cannot be proved.", ErrorCodes.RecordTampered);
        var chosen = Choose(losses);
        var settings = chosen.Value.Settings;
        // One that is being destroyed goes on being destroyed.
        var isGone = log.IsDeleted || (isDestroyed && settings.Deletion?.PurgingSince is null);
        settings = settings with { Deleted = settings.Deleted || isGone, Encryption = Proven(settings, losses, now) };
        if (roster.Count > 0 || log.FirstAttempt is not null)
            settings = settings with { FirstAttempt = settings.FirstAttempt ?? log.FirstAttempt ?? new(now, Guid.Empty) };
        if (losses.Accepted.Count > 0)
            settings = Strengthened(settings, now);
        return new VaultRecord
        {
            VaultId = vaultId,
            Settings = settings,
            Descriptor = settings == chosen.Value.Settings && losses.Accepted.Count == 0 ? chosen.Reference : null,
            Roster = settings is { Deleted: true, Proof: not null } ? [] : [.. roster],
            RecentOperations = [.. Operations()],
            Owed = [.. (chosen.Value.Owed ?? []).Where(note => !log.IsPaid(note))],
        };
    }

    /// <summary>The number that the next descriptor gets.</summary>
    public long NextSeq => Math.Max(descriptors.IsEmpty ? 0 : descriptors.Newest[0].Seq, SeqOf(log.Settings)) + 1;

    /// <summary>0 where nothing is named.</summary>
    public static long SeqOf(string? named) => named is null ? 0 : AuthenticatedRecords.SequenceOf(named);

    /// <summary>
    /// The newest descriptor. Of two of one number the one in force is that which the log names; if it names neither, the one that gives
    /// less away.
    /// </summary>
    private FoundRecord<VaultDescriptor> Choose(Losses losses)
    {
        var newest = descriptors.Newest;
        var named = SeqOf(log.Settings);
        if (named > newest[0].Seq)
            losses.Add(
                $"The log remembers change {named} of the settings of vault {vaultId}; the newest descriptor is number {newest[0].Seq}."
            );
        if (named == newest[0].Seq)
        {
            if (newest.FirstOrDefault(d => d.OwnName == log.Settings) is { } inForce)
                return inForce;
            losses.Add($"The descriptor {log.Settings} of vault {vaultId}, which the log remembers, is missing.");
        }
        return newest
            .OrderBy(d => d.Value.Settings.Encryption.Current.Generation)
            .ThenBy(d => d.Value.Settings.FirstAttempt is not null)
            .ThenBy(d => d.Value.Settings.SecondApproval)
            .ThenBy(d => (d.Value.Settings.SoftDelete ?? SoftDeletePeriod.Default).Days)
            .ThenBy(d => d.Written)
            .Last();
    }

    /// <summary>What a second descriptor of the newest number means is said.</summary>
    public RebuildProblem? Conflict =>
        descriptors is { IsEmpty: false, Newest.Count: > 1 }
            ? RebuildProblem.Of(
                ErrorCodes.ConcurrentChange,
                $"Vault {vaultId} has {descriptors.Newest.Count} descriptors of number {descriptors.Newest[0].Seq}: one of them was in force, the others were left by steps that did not end."
            )
            : null;

    /// <summary>The key in force is at least the one that the items' keys are wrapped by, and that the log names last.</summary>
    private EncryptionSettings Proven(VaultSettings settings, Losses losses, DateTimeOffset now)
    {
        var encryption = settings.Encryption;
        var newest = rings.Where(r => !r.Epochs.IsDefaultOrEmpty).MaxBy(r => r.KeyGeneration);
        if (newest is not null && newest.KeyGeneration > encryption.Current.Generation)
        {
            losses.Add(
                $"Keys in vault '{settings.Name}' are of generation {newest.KeyGeneration}, its newest descriptor of {encryption.Current.Generation}."
            );
            return Raised(encryption, newest, now);
        }
        var isKnown = log.LastKeyId is null || encryption.History.Any(use => use.KeyId == log.LastKeyId);
        if (!isKnown || rings.Any(r => r.HasSecondLayer != encryption.InfrastructureEncryption))
            throw Missing($"The newest descriptor of vault '{settings.Name}' is older than its keys: a later one is missing.");
        return encryption;
    }

    private static EncryptionSettings Raised(EncryptionSettings encryption, KeyRing ring, DateTimeOffset now)
    {
        var use = new KeyUse(ring.KeyGeneration, ring.Newest.KeyId, ring.Newest.KeyThumbprint, now);
        return encryption with
        {
            // Pinned: what was followed before may not be what is followed now.
            KeyUri = KeyVersions.IsPlatform(use.KeyId) ? null : use.KeyId,
            Current = use,
            Previous = encryption.Current,
            History = [.. encryption.History.TakeLast(EncryptionSettings.MaxHistory - 1), use],
            InfrastructureEncryption = ring.HasSecondLayer,
        };
    }

    /// <summary>Later settings are unknown: whatever they said, nothing is let go of sooner.</summary>
    private static VaultSettings Strengthened(VaultSettings settings, DateTimeOffset now)
    {
        var until = now.AddDays(SoftDeletePeriod.MaxDays);
        return settings with
        {
            SecondApproval = true,
            SoftDelete = new SoftDeletePeriod(SoftDeletePeriod.MaxDays),
            Policies = [.. settings.Policies.Select(p => p with { Former = new FormerRetention(null, until) })],
        };
    }

    /// <summary>The newest operations, as far as they changed settings, oldest first.</summary>
    private IEnumerable<DoneOperation> Operations() =>
        descriptors.Sound.Select(d => d.Value.Operation).OfType<DoneOperation>().Distinct().TakeLast(VaultRecord.MaxRecentOperations);

    private static VaultException Missing(string message) => new(ErrorCodes.DataMissing, message, Losses.WayBack);
}
