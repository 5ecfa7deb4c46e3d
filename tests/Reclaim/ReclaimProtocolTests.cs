using CsCheck;
using RecoveryVault.DataPath;
using RecoveryVault.Errors;
using RecoveryVault.Format;
using RecoveryVault.Items;
using RecoveryVault.Reclaim;
using RecoveryVault.Tests.DataPath;
using RecoveryVault.Tests.Style;
using Xunit.Abstractions;

namespace RecoveryVault.Tests.Reclaim;

/// <summary>
/// The protocol, proved over every interleaving of three or four sessions; what it is proved with, tried; and the real record against
/// it.
/// </summary>
public sealed class ReclaimProtocolTests(ITestOutputHelper output)
{
    private static readonly ReclaimProtocol OfThree = new(sessions: 3);

    [Fact]
    public void Protocol_EveryInterleaving_KeepsWhatIsNeeded()
    {
        var isLong = TestScale.Factor >= 3;
        var report = new ReclaimProtocol(sessions: isLong ? 4 : 3).Build().Exhaustive(output.WriteLine);

        Assert.True(report.Closed);
        Assert.InRange(report.States, isLong ? 1_000_000 : 30_000, 5_000_000);
    }

    [Fact]
    public void Protocol_EveryFault_IsCaught()
    {
        var report = OfThree.Build().Faults(output.WriteLine);

        Assert.Empty(report.Uncaught);
        Assert.Equal("RELIABLE", report.CaughtBy("backup relies on condemned packs"));
        Assert.Equal("CONDEMNED-FIRST", report.CaughtBy("deletes before it condemns"));
        Assert.Equal("RELIABLE", report.CaughtBy("marks before it has the slot"));
        Assert.Equal("CONDEMNED-FIRST", report.CaughtBy("condemnation ends before the packs are gone"));
        Assert.Equal("CONDEMNED-IS-FINAL", report.CaughtBy("whoever lost the slot ends the condemnation"));
        Assert.Equal("RELIABLE", report.CaughtBy("condemns without the slot"));
        Assert.Equal("RELIABLE", report.CaughtBy("commits without the slot"));
        Assert.Equal("RELIABLE", report.CaughtBy("takes deleted for purged"));
        Assert.Equal("RELIABLE", report.CaughtBy("condemns before it has moved"));
    }

    [Fact]
    public void Record_EveryTransition_DoesWhatTheProtocolSays() =>
        OfThree
            .Build()
            .ConformExhaustive(() => new RealItem(), (real, step) => real.Take(step), output.WriteLine, clone: real => real.Clone());

    /// <summary>The item's real record and the real plan, driven by the model's steps.</summary>
    private sealed class RealItem
    {
        private ItemRecord _record;
        private RecoveryPointHead? _lastCommit;

        public RealItem() => _record = new ItemStage().Record;

        private RealItem(RealItem other) => (_record, _lastCommit) = (other._record, other._lastCommit);

        public RealItem Clone() => new(this);

        public bool Take(Transition<ReclaimState> step)
        {
            var (before, after) = (step.Before, step.After);
            var session = step.Action is "Delete" or "Undelete" or "DeletePack" ? 0 : OfThree.Sessions[step.ArgIndex];
            switch (step.Action)
            {
                case "BackupBegin":
                    _record = _record.TakeSlot(SlotOf(session, WriterKind.Backup), _ => false);
                    break;
                case "ReclaimBegin":
                    _record = _record.TakeSlot(SlotOf(session, WriterKind.Reclaim), _ => false);
                    break;
                case "BackupCommit":
                    Commit(session);
                    break;
                case "Condemn":
                    _record = _record.Condemn(Id(session), PacksOf(before[session].Packs));
                    break;
                case "Confirm":
                    _record = _record.ConfirmDeleted(Id(session), PacksOf(before[session].Packs));
                    break;
                case "Drop" when !Plans(before[session], after[session]):
                    return false;
                case "Fenced" when !IsFenced(before[session], session):
                    return false;
            }
            // The model ends a session and gives its slot back in one step.
            if (session != 0 && after[session].Phase == Phase.Ended)
                _record = _record.ReleaseSlot(Id(session));
            return (_record.Slot?.SessionId ?? Guid.Empty) == (after.Slot == 0 ? Guid.Empty : Id(after.Slot))
                && _record.CondemnedPacks.ToHashSet().SetEquals(PacksOf(after.Condemned));
        }

        private void Commit(int session)
        {
            _lastCommit = ItemStage.Head(_record.NextSeq, $"{_record.NextSeq:x64}", _record.Newest?.HeadHash ?? ItemRecord.NoHead);
            _record = _record.Commit(Id(session), _lastCommit);
            // Its answer may have been lost: asked again, by whoever has the slot now, it is the same recovery point.
            Assert.Same(_record, _record.Commit(Id(session), _lastCommit));
        }

        /// <summary>Whatever it still wants to write is refused.</summary>
        private bool IsFenced(ModelSession session, int number)
        {
            Func<ItemRecord> write = session.Phase switch
            {
                Phase.BackupReady => () => _record.Commit(Id(number), ItemStage.Head(_record.NextSeq, $"{1:x64}", ItemRecord.NoHead)),
                Phase.Planned => () => _record.Condemn(Id(number), PacksOf(session.Packs)),
                _ => () => _record.ConfirmDeleted(Id(number), PacksOf(session.Packs)),
            };
            return Assert.Throws<VaultException>(write).Code == ErrorCodes.SessionLost;
        }

        /// <summary>The real plan chooses what the model's does.</summary>
        private static bool Plans(ModelSession marked, ModelSession planned)
        {
            var place = marked.IsNeeded ? marked.Seen & -marked.Seen : 0;
            var uses = Enumerable
                .Range(0, ReclaimState.MaxPacks)
                .Where(p => (marked.Seen & (1 << p)) != 0)
                .Select(p => new PackUse(PackId(p), 4096) { LiveChunks = 1 << p == place ? 1 : 0, LiveBytes = 1 << p == place ? 100 : 0 });
            var plan = ReclaimPlan.Of(uses, isComplete: true);
            return plan.Sparse.IsEmpty && plan.Unneeded.Select(p => p.PackId).ToHashSet().SetEquals(PacksOf(planned.Packs));
        }

        private static List<ObjectId> PacksOf(int bits) =>
            [.. Enumerable.Range(0, ReclaimState.MaxPacks).Where(p => (bits & (1 << p)) != 0).Select(PackId)];

        private static ObjectId PackId(int number) => new(new Bytes32(0, (UInt128)(number + 1)));

        private static WriterSlot SlotOf(int session, WriterKind kind) =>
            new(Id(session), Id(session + 100), Id(session + 200), "silo", default) { Kind = kind };

        private static Guid Id(int number) => new(number, 0, 0, new byte[8]);
    }
}
