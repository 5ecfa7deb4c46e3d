using RecoveryVault.Errors;
using RecoveryVault.Format;
using RecoveryVault.Items;
using RecoveryVault.Tests.DataPath;

namespace RecoveryVault.Tests.Items;

/// <summary>What an item's record condemns: with the slot only, once, and until it is seen to be gone.</summary>
public sealed class CondemnedPacksTests
{
    private static readonly WriterSlot Slot = new(Guid.NewGuid(), Guid.NewGuid(), Guid.NewGuid(), "silo", default)
    {
        Kind = WriterKind.Reclaim,
    };

    private static readonly ItemRecord Taken = new ItemStage().Record.TakeSlot(Slot, _ => true);

    private static readonly ObjectId[] Packs = [ObjectId.Create(), ObjectId.Create()];

    [Fact]
    public void Condemn_WithoutTheSlot_IsSessionLost()
    {
        AssertLost(() => Taken.Condemn(Guid.NewGuid(), Packs));
        AssertLost(() => Taken.ReleaseSlot(Slot.SessionId).Condemn(Slot.SessionId, Packs));
        AssertLost(() => Taken.Condemn(Slot.SessionId, Packs).ConfirmDeleted(Guid.NewGuid(), Packs));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(ItemRecord.MaxCondemned + 1)]
    public void Condemn_NoneOrTooMany_IsRefused(int count) =>
        Assert.Throws<ArgumentException>(() =>
            Taken.Condemn(Slot.SessionId, [.. Enumerable.Range(0, count).Select(_ => ObjectId.Create())])
        );

    [Fact]
    public void Condemn_Again_ChangesNothing()
    {
        var condemned = Taken.Condemn(Slot.SessionId, Packs);

        Assert.Same(condemned, condemned.Condemn(Slot.SessionId, [.. Packs.Reverse()]));
        Assert.Equal(Packs.ToHashSet(), condemned.CondemnedPacks.ToHashSet());
    }

    [Fact]
    public void Condemn_BeforeEarlierOnesAreGone_IsRefused()
    {
        var condemned = Taken.Condemn(Slot.SessionId, Packs);

        Assert.Throws<InvalidOperationException>(() => condemned.Condemn(Slot.SessionId, [ObjectId.Create()]));
    }

    [Fact]
    public void Confirm_SomeNotSeenToBeGone_IsRefused()
    {
        var condemned = Taken.Condemn(Slot.SessionId, Packs);

        Assert.Throws<InvalidOperationException>(() => condemned.ConfirmDeleted(Slot.SessionId, [Packs[0]]));
        Assert.Null(condemned.ConfirmDeleted(Slot.SessionId, Packs).Condemned);
        Assert.Same(Taken, Taken.ConfirmDeleted(Slot.SessionId, Packs));
    }

    [Fact]
    public void TakeSlot_ReclaimRuns_SaysSo() =>
        Assert.Equal(
            ErrorCodes.ReclaimInProgress,
            Assert
                .Throws<VaultException>(() => Taken.TakeSlot(Slot with { SessionId = Guid.NewGuid(), Kind = WriterKind.Backup }, _ => true))
                .Code
        );

    [Fact]
    public void TakeSlot_ForReclaimOfAStoppedItem_IsGiven() =>
        Assert.Equal(Slot, new ItemStage().Record.StopProtection().TakeSlot(Slot, _ => true).Slot);

    [Fact]
    public void Json_SlotOfAnOlderVersion_IsABackups()
    {
        var json = System.Text.Json.JsonSerializer.Serialize(Taken, RecoveryVault.Records.RecordJson.Default.ItemRecord);
        var older = json.Replace(",\"kind\":\"Reclaim\"", "", StringComparison.Ordinal);

        var read = System.Text.Json.JsonSerializer.Deserialize(older, RecoveryVault.Records.RecordJson.Default.ItemRecord)!;

        Assert.NotEqual(json, older);
        Assert.Equal(WriterKind.Backup, read.Slot!.Kind);
        Assert.Empty(read.CondemnedPacks);
    }

    private static void AssertLost(Func<ItemRecord> change) =>
        Assert.Equal(ErrorCodes.SessionLost, Assert.Throws<VaultException>(change).Code);
}
