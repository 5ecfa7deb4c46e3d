using System.Text.Json;
using CsCheck;
using RecoveryVault.Catalogues;
using RecoveryVault.Errors;
using RecoveryVault.Items;
using RecoveryVault.Keys;
using RecoveryVault.Records;
using RecoveryVault.Tests.DataPath;
using RecoveryVault.Tests.Style;

namespace RecoveryVault.Tests.Items;

public sealed class ItemRecordTests
{
    private static readonly ItemRecord Protected = new ItemStage().Record;

    [Fact]
    public void TakeSlot_OwnerAlive_IsRefused()
    {
        var taken = Protected.TakeSlot(Slot(1), _ => true);

        AssertRefused(ErrorCodes.BackupInProgress, () => taken.TakeSlot(Slot(2), _ => true));
    }

    [Fact]
    public void TakeSlot_OwnerDead_IsTakenOver()
    {
        var taken = Protected.TakeSlot(Slot(1), _ => true);

        Assert.Equal(Slot(2), taken.TakeSlot(Slot(2), slot => slot != Slot(1)).Slot);
    }

    [Fact]
    public void TakeSlot_Again_ChangesNothing()
    {
        var taken = Protected.TakeSlot(Slot(1), _ => true);

        Assert.Same(taken, taken.TakeSlot(Slot(1), _ => true));
    }

    [Fact]
    public void TakeSlot_ProtectionStopped_IsRefused() =>
        AssertRefused(ErrorCodes.ProtectionStopped, () => Protected.StopProtection().TakeSlot(Slot(1), _ => false));

    [Fact]
    public void TakeSlot_NeverProtected_IsRefused() =>
        AssertRefused(ErrorCodes.ItemNotFound, () => ItemRecord.Enrolled(ItemStage.Key, 1).TakeSlot(Slot(1), _ => false));

    [Fact]
    public void ReleaseSlot_OfAnotherSession_ChangesNothing()
    {
        var taken = Protected.TakeSlot(Slot(1), _ => true);

        Assert.Same(taken, taken.ReleaseSlot(Slot(2).SessionId));
        Assert.Null(taken.ReleaseSlot(Slot(1).SessionId).Slot);
    }

    [Fact]
    public void Commit_WithoutSlot_IsSessionLost() =>
        AssertRefused(ErrorCodes.SessionLost, () => Protected.Commit(Slot(1).SessionId, Head(1)));

    [Fact]
    public void Commit_SlotTakenOver_IsSessionLost()
    {
        var taken = Protected.TakeSlot(Slot(1), _ => true).TakeSlot(Slot(2), _ => false);

        AssertRefused(ErrorCodes.SessionLost, () => taken.Commit(Slot(1).SessionId, Head(1)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    public void Commit_HeadThatDoesNotFollow_IsSessionLost(long seq)
    {
        var one = Commit(Protected, 1);
        var taken = one.TakeSlot(Slot(2), _ => false);

        AssertRefused(ErrorCodes.SessionLost, () => taken.Commit(Slot(2).SessionId, Head(seq)));
        AssertRefused(ErrorCodes.SessionLost, () => taken.Commit(Slot(2).SessionId, Head(2) with { PrevHash = Hash(7) }));
    }

    [Fact]
    public void Commit_SameOperationAgain_ChangesNothing()
    {
        var one = Commit(Protected, 1);

        var again = one.Commit(Guid.NewGuid(), Head(2) with { OperationId = one.Newest!.OperationId });

        Assert.Same(one, again);
        Assert.Equal(one.Newest, one.FindCommitted(one.Newest!.OperationId));
        Assert.Null(one.FindCommitted(Guid.NewGuid()));
    }

    [Fact]
    public void Commit_ManyTimes_KeepsTheNewestAndCountsAll()
    {
        var record = Enumerable.Range(1, 100).Aggregate(Protected, (r, seq) => Commit(r, seq));

        Assert.Equal(ItemRecord.MaxHeads, record.Heads.Length);
        Assert.Equal((100, 100L, 101L), (record.Newest!.Seq, record.RecoveryPointCount, record.NextSeq));
        Assert.Null(record.Slot);
    }

    [Fact]
    public void UseRing_OlderGenerationOrNumber_IsRefused()
    {
        var record = Protected with { KeyGeneration = 5, RingSeq = 3 };

        AssertRefused(ErrorCodes.ConcurrentChange, () => record.UseRing(Ring(4, 4), new RecordRef("r", "")));
        AssertRefused(ErrorCodes.ConcurrentChange, () => record.UseRing(Ring(5, 3), new RecordRef("r", "")));
        Assert.Equal(4, record.UseRing(Ring(5, 4), new RecordRef("r", "")).RingSeq);
    }

    [Fact]
    public void UseRing_WhileABackupRuns_KeepsItsSlot()
    {
        var taken = Protected.TakeSlot(Slot(1), _ => true).UseRing(Ring(2, 1), new RecordRef("r", ""));

        Assert.Equal(1, taken.Commit(Slot(1).SessionId, Head(1)).Newest!.Seq);
    }

    [Fact]
    public void Json_RecordAtItsLimits_StaysBelow256KiB()
    {
        // The worst that is accepted: JSON that escapes every character takes six bytes for it.
        var source = new ItemSource
        {
            Path = new string('界', ItemSource.MaxTextLength),
            Host = new string('界', 255),
            Kind = ContentKind.Tree,
            Excludes =
            [
                .. Enumerable.Repeat(
                    new string('界', (ItemSource.MaxTotalLength - ItemSource.MaxTextLength - 255) / ItemSource.MaxExcludes),
                    ItemSource.MaxExcludes
                ),
            ],
        };
        var name = new string('n', 128);
        var record = Enumerable.Range(1, 100).Aggregate(Protected, (r, seq) => Commit(r, long.MaxValue / 2 + seq));
        record = record with
        {
            Settings = record.Settings! with { Name = name, Source = source, Policy = new string('p', 64) },
            Tombstones = new RecordRef(new string('d', 120), Hash(1)),
            Owed = [.. Enumerable.Repeat(LongNote, ItemRecord.MaxOwed + 1)],
            Slot = Slot(1) with { Owner = new string('o', 200) },
            Descriptor = new RecordRef(new string('d', 120), Hash(1)),
            Ring = new RecordRef(new string('d', 120), Hash(1)),
            KeyId = LongKeyId,
            Condemned = [.. Enumerable.Range(0, ItemRecord.MaxCondemned).Select(i => Hash(i + 1))],
        };

        var length = JsonSerializer.SerializeToUtf8Bytes(record, RecordJson.Default.ItemRecord).Length;

        Assert.InRange(length, 200 << 10, 256 << 10);
    }

    [Fact]
    public void Changes_InAnyOrder_KeepTheChain() =>
        Gen.Select(Gen.Int[0, 4], Gen.Int[1, 3])
            .Array[0, 40]
            .Sample(
                steps =>
                {
                    var record = Protected;
                    foreach (var (step, session) in steps)
                    {
                        var before = record;
                        try
                        {
                            record = step switch
                            {
                                0 => record.TakeSlot(Slot(session), _ => true),
                                1 => record.TakeSlot(Slot(session), _ => false),
                                2 => record.ReleaseSlot(Slot(session).SessionId),
                                3 => record.Commit(Slot(session).SessionId, Head(record.NextSeq)),
                                _ => record.Commit(Slot(session).SessionId, Head(record.NextSeq + 1)),
                            };
                        }
                        catch (VaultException)
                        {
                            continue;
                        }
                        // A recovery point appears only by its slot's owner, one at a time, on top of the one before.
                        Assert.InRange(record.NextSeq - before.NextSeq, 0, 1);
                        if (record.NextSeq > before.NextSeq)
                            Assert.Equal(
                                (Slot(session), before.Newest?.HeadHash ?? ItemRecord.NoHead),
                                (before.Slot, record.Newest!.PrevHash)
                            );
                    }
                },
                iter: TestScale.Iterations(500)
            );

    /// <summary>What a deletion with the longest reason owes: more than an expiry, which names points instead.</summary>
    private static readonly RecoveryVault.Vaults.OwedNote LongNote = new(
        Guid.NewGuid(),
        Guid.NewGuid(),
        true,
        "ExpireRecoveryPoints",
        new string('c', 256),
        DateTimeOffset.MaxValue,
        System
            .Collections.Immutable.ImmutableSortedDictionary<string, string>.Empty.Add("reason", new string('界', Deletion.MaxReasonLength))
            .Add("recoveryPoints", string.Join(' ', Enumerable.Repeat(ItemRecord.RecoveryPointName(default, long.MaxValue), 40)))
            .Add("itemName", new string('n', 128))
    );

    private const string LongKeyId =
        "https://a-key-vault-with-a-long-name.vault.azure.net/keys/a-key-with-quite-a-long-name-that-somebody-chose/0123456789abcdef0123456789abcdef";

    private static WriterSlot Slot(int number) => new(Id(number), Id(number + 100), Id(number + 200), "silo", default);

    private static Guid Id(int number) => new(number, 0, 0, new byte[8]);

    private static string Hash(long seq) =>
        seq == 0 ? ItemRecord.NoHead : seq.ToString("x64", System.Globalization.CultureInfo.InvariantCulture);

    private static RecoveryPointHead Head(long seq) =>
        ItemStage.Head(seq, Hash(seq), Hash(seq - 1)) with
        {
            KeyIdAtBackup = LongKeyId,
            BytesNew = long.MaxValue,
            BytesStored = long.MaxValue,
            RetainUntil = DateTimeOffset.MaxValue,
            Statistics = new BackupStatistics
            {
                Entries = long.MaxValue,
                Files = long.MaxValue,
                SizeBytes = long.MaxValue,
                BytesRead = long.MaxValue,
            },
        };

    private static ItemRecord Commit(ItemRecord record, long seq)
    {
        var taken = record.TakeSlot(Slot(1), _ => false);
        return taken.Commit(
            Slot(1).SessionId,
            Head(seq) with
            {
                Seq = taken.NextSeq,
                PrevHash = taken.Newest?.HeadHash ?? ItemRecord.NoHead,
            }
        );
    }

    private static KeyRing Ring(long generation, long seq) =>
        new()
        {
            Item = ItemStage.Key,
            Seq = seq,
            KeyGeneration = generation,
            Epochs = [new RingEpoch(1, "platform:1", WrapAlgorithms.PlatformGcm, "", [], [], [])],
        };

    private static void AssertRefused(string code, Func<ItemRecord> change) =>
        Assert.Equal(code, Assert.Throws<VaultException>(change).Code);
}
