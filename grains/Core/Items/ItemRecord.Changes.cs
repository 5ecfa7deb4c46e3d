using System.Globalization;
using RecoveryVault.Errors;
using RecoveryVault.Keys;
using RecoveryVault.Records;

namespace RecoveryVault.Items;

public sealed partial record ItemRecord
{
    /// <summary>Generation 0 hash chain start: the first recovery point's <see cref="RecoveryPointHead.PrevHash"/>.</summary>
    public static readonly string NoHead = new('0', 64);

    /// <summary>An enrolled item without ring: what a rotation leaves when it comes by before protection is completed.</summary>
    public static ItemRecord Enrolled(ItemKey key, long keyGeneration) => new() { Key = key, KeyGeneration = keyGeneration };

    /// <summary>Protection completed, or enabled again.</summary>
    public ItemRecord Protect(ItemSettings settings) =>
        Settings?.State != ProtectionState.SoftDeleted
            ? this with
            {
                Settings = settings with { State = ProtectionState.Protected },
            }
            : throw new VaultException(ErrorCodes.ItemSoftDeleted, $"Item '{Settings.Name}' is deleted.");

    public ItemRecord StopProtection() => this with { Settings = RequireSettings() with { State = ProtectionState.ProtectionStopped } };

    /// <summary>The fence: what was begun under an older generation than the record's starts over.</summary>
    public void RequireGeneration(long keyGeneration)
    {
        if (keyGeneration < KeyGeneration)
            throw new VaultException(
                ErrorCodes.ConcurrentChange,
                $"The vault's key has changed meanwhile: generation {keyGeneration} is over, {KeyGeneration} is in force."
            );
    }

    /// <summary>Puts a ring in force. A generation never goes back.</summary>
    public ItemRecord UseRing(KeyRing ring, RecordRef reference)
    {
        if (ring.KeyGeneration < KeyGeneration || ring.Seq <= RingSeq)
            throw new VaultException(
                ErrorCodes.ConcurrentChange,
                $"Ring {ring.Seq} of generation {ring.KeyGeneration} is older than the one in force ({RingSeq}, {KeyGeneration})."
            );
        return this with { Ring = reference, RingSeq = ring.Seq, KeyGeneration = ring.KeyGeneration, KeyId = ring.Newest.KeyId };
    }

    /// <summary>
    /// Takes the writer slot; <paramref name="isAlive"/> says whether a slot's owner still runs. Taking it again changes nothing.
    /// </summary>
    public ItemRecord TakeSlot(WriterSlot slot, Func<WriterSlot, bool> isAlive)
    {
        if (Slot == slot)
            return this;
        var settings = RequireSettings();
        if (slot.Kind == WriterKind.Backup && settings.State != ProtectionState.Protected)
            throw new VaultException(ErrorCodes.ProtectionStopped, $"Protection of item '{settings.Name}' is stopped.");
        if (Slot is { } taken && isAlive(taken))
            throw taken.Kind == WriterKind.Reclaim
                ? new VaultException(
                    ErrorCodes.ReclaimInProgress,
                    $"Space of item '{settings.Name}' has been being reclaimed since {taken.Since:u}."
                )
                : new VaultException(
                    ErrorCodes.BackupInProgress,
                    $"A backup of item '{settings.Name}' has been running since {taken.Since:u}."
                );
        return this with { Slot = slot };
    }

    /// <summary>Gives the slot back if this session has it.</summary>
    public ItemRecord ReleaseSlot(Guid sessionId) => Slot?.SessionId == sessionId ? this with { Slot = null } : this;

    /// <summary>
    /// The commit: the slot must still be this session's, and the head must follow the newest one. An operation that was committed before
    /// changes nothing: its recovery point is <see cref="FindCommitted"/>.
    /// </summary>
    public ItemRecord Commit(Guid sessionId, RecoveryPointHead head)
    {
        if (FindCommitted(head.OperationId) is not null)
            return this;
        RequireSlot(sessionId);
        if (head.Seq != NextSeq || head.PrevHash != (Newest?.HeadHash ?? NoHead))
            throw new VaultException(ErrorCodes.SessionLost, $"Recovery point {head.Seq} does not follow {NextSeq - 1}.");
        return this with { Slot = null, Heads = [head, .. Heads.Take(MaxHeads - 1)], RecoveryPointCount = RecoveryPointCount + 1 };
    }

    /// <summary>What an operation committed, as far back as the record reaches; null when it did not.</summary>
    public RecoveryPointHead? FindCommitted(Guid operationId) => Heads.FirstOrDefault(h => h.OperationId == operationId);

    public void RequireSlot(Guid sessionId)
    {
        if (Slot?.SessionId != sessionId)
            throw new VaultException(
                ErrorCodes.SessionLost,
                $"Session {sessionId} no longer holds the writer slot of item '{Settings?.Name}'."
            );
    }

    public long NextSeq => (Newest?.Seq ?? 0) + 1;

    public static string RecoveryPointName(DateTimeOffset time, long seq) =>
        string.Create(CultureInfo.InvariantCulture, $"{time.UtcDateTime:yyyyMMdd'T'HHmmss'Z'}-{seq}");

    public ItemSettings RequireSettings() =>
        Settings
        ?? throw new VaultException(
            ErrorCodes.ItemNotFound,
            "The item's protection was never completed.",
            "Run 'rvault protection enable' for it again."
        );
}
