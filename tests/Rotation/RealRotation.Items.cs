using CsCheck;
using RecoveryVault.Catalogues;
using RecoveryVault.Errors;
using RecoveryVault.Items;
using RecoveryVault.Keys;
using RecoveryVault.Records;
using RecoveryVault.Rotation;
using RecoveryVault.Tests.DataPath;
using RecoveryVault.Tests.Vaults;

namespace RecoveryVault.Tests.Rotation;

internal sealed partial class RealRotation
{
    private static readonly Guid Session = new(1, 0, 0, new byte[8]);

    private static readonly ItemSettings Settings = new()
    {
        Name = "item",
        Source = new ItemSource
        {
            Path = "/src",
            Host = "here",
            Kind = ContentKind.Tree,
        },
        State = ProtectionState.Protected,
        CreatedAt = VaultSamples.Now,
    };

    private string? TakeItem(Transition<RotationState> step, RotationState b, RotationState a, RotationScope scope)
    {
        switch (step.Action)
        {
            case "RewrapRead":
                return ReadForRewrap(scope.Items[step.ArgIndex], b);
            case "RewrapStore":
                return StoreRewrapped(b.Work(scope.Works[step.ArgIndex]), b);
            case "RewrapWrite":
                return WriteRewrapped(b.Work(scope.Works[step.ArgIndex]));
            case "RewrapFenced":
                return RequireFenced(b.Work(scope.Works[step.ArgIndex]), RingNameOf(b.Work(scope.Works[step.ArgIndex])));
            case "Clear":
                Clear(scope.Items[step.ArgIndex]);
                return null;
            case "BackupBegin":
                return Begin(scope.Items[step.ArgIndex]);
            case "BackupCommit":
                return Commit(b.Job.Item);
            case "BackupEnds":
                _items = _items.SetItem(b.Job.Item, _items[b.Job.Item]?.ReleaseSlot(Session));
                return null;
            default:
                return TakeCreation(step.Action, b);
        }
    }

    private string? ReadForRewrap(int number, RotationState b)
    {
        var item = _items[number];
        var expected =
            b[number].Gen == 0 ? PassStep.Create
            : b[number].Ring == 0 ? PassStep.Raise
            : PassStep.Rewrap;
        _read = _read.SetItem(new ModelWork((byte)number, b.Gen, b[number].Gen, b[number].Ring, false), item?.RingSeq ?? 0);
        return RotationPass.StepFor(item, Real(b.Gen)) == expected ? null : $"does not {expected}";
    }

    private string? StoreRewrapped(ModelWork work, RotationState b)
    {
        Store(work.Item, _read[work] + 1, work.Context, b);
        return null;
    }

    private string? WriteRewrapped(ModelWork work)
    {
        var item = _items[work.Item];
        var next =
            work.BaseRing == 0
                ? RotationPass.Fence(ItemKeys[work.Item], item, Real(work.Context))
                : item!.UseRing(_rings[work.Item][RingNameOf(work)], ReferenceTo(RingNameOf(work)));
        _items = _items.SetItem(work.Item, next);
        // Whoever comes again has nothing to do.
        return RotationPass.StepFor(next, Real(work.Context)) == PassStep.None ? null : "would pass through it again";
    }

    private string RingNameOf(ModelWork work) => NameOf(work.Item, _read[work with { Stored = false }] + 1, work.Context);

    /// <summary>Even without the condition of the write the record refuses the ring.</summary>
    private string? RequireFenced(ModelWork work, string name)
    {
        if (!work.Stored || _items[work.Item] is not { } item || !_rings[work.Item].TryGetValue(name, out var ring))
            return null;
        return VaultSamples.CodeOf(() => item.UseRing(ring, ReferenceTo(name))) == ErrorCodes.ConcurrentChange
            ? null
            : "takes a ring that is out of date";
    }

    private string? TakeCreation(string action, RotationState b)
    {
        var (work, item) = (b.Creation, _items[2]);
        var context = Real(work.Context);
        switch (action)
        {
            case "Enrol":
                _vault = _vault.Enrol(ItemKeys[2].ItemId);
                return null;
            case "CreateStore":
                (item ?? ItemRecord.Enrolled(ItemKeys[2], context)).RequireGeneration(context);
                Store(2, (item?.RingSeq ?? 0) + 1, work.Context, b);
                return null;
            case "CreateAskAgain":
                return VaultSamples.CodeOf(() => item!.RequireGeneration(context)) == ErrorCodes.ConcurrentChange ? null : "is not fenced";
            case "CreateWrite":
                Protect(2, work.Context);
                return null;
            case "CreateFenced" when b.B.Ring != 0 || b.B.Gen > work.Context:
                return RequireFenced(work, NameOf(2, 1, work.Context));
            default:
                return null;
        }
    }

    /// <summary>Completes a protection with the ring that was stored for it, or with one made now.</summary>
    private void Protect(int number, int generation)
    {
        var item = _items[number] ?? ItemRecord.Enrolled(ItemKeys[number], Real(generation));
        var name = NameOf(number, item.RingSeq + 1, generation);
        if (!_rings[number].ContainsKey(name))
            Store(number, item.RingSeq + 1, generation, RotationState.Initial);
        _items = _items.SetItem(number, item.UseRing(_rings[number][name], ReferenceTo(name)).Protect(Settings));
    }

    private string? Begin(int number)
    {
        var item = _items[number]!;
        if (RotationPass.StepFor(item, Encryption.Current.Generation) != PassStep.None)
            return "would be re-wrapped first";
        item.RequireGeneration(Encryption.Current.Generation);
        _items = _items.SetItem(number, item.TakeSlot(new WriterSlot(Session, Session, Session, "silo", default), _ => false));
        return null;
    }

    private string? Commit(int number)
    {
        var item = _items[number]!;
        var head = ItemStage.Head(item.NextSeq, $"{item.NextSeq:x64}", item.Newest?.HeadHash ?? ItemRecord.NoHead);
        var next = item.Commit(Session, head);
        _items = _items.SetItem(number, next);
        return (next.Ring, next.KeyGeneration) == (item.Ring, item.KeyGeneration) ? null : "a commit changes the ring";
    }

    private void Store(int number, long seq, int generation, RotationState s)
    {
        var epoch = new RingEpoch(1, Texts[s.Key(generation)], WrapAlgorithms.RsaOaep256, "", [], [], []);
        var ring = new KeyRing
        {
            Item = ItemKeys[number],
            Seq = seq,
            KeyGeneration = Real(generation),
            Epochs = [epoch],
        };
        _rings = _rings.SetItem(number, _rings[number].SetItem(NameOf(number, seq, generation), ring));
    }

    private void Clear(int number)
    {
        var item = _items[number]!;
        _rings = _rings.SetItem(
            number,
            _rings[number]
                .RemoveRange(
                    _rings[number]
                        .Where(stored =>
                            item.Ring is { } inForce
                                ? KeyRings.IsSuperseded(stored.Key, inForce)
                                : KeyRings.IsUnnameable(stored.Value, item.KeyGeneration)
                        )
                        .Select(stored => stored.Key)
                        .ToList()
                )
        );
    }

    private static string NameOf(int number, long seq, int generation) => $"rings/{number}/{seq:x16}-{generation}";

    private static RecordRef ReferenceTo(string name) => new(name, "");
}
