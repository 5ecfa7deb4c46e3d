using CsCheck;
using RecoveryVault.Items;
using RecoveryVault.Keys;
using RecoveryVault.Tests.Style;
using RecoveryVault.Vaults;

namespace RecoveryVault.Tests.Keys;

public sealed class KeyNeedsTests
{
    private static readonly string[] Versions = [.. Enumerable.Range(1, 5).Select(VersionId)];

    private static string VersionId(int n) => $"https://kv1.vault.localhost/keys/kek/{n:x32}";

    private static KeyUse Use(int generation, int version) => new(generation, VersionId(version), "", default);

    private static ItemKeyUse Item(string name, long? generation, params string[] keyIds) =>
        new(ItemId.Create(), name, generation, keyIds.ToHashSet());

    private static KeyNeed Find(IEnumerable<KeyNeed> needs, int version) => needs.Single(n => n.KeyId == VersionId(version));

    private static EncryptionSettings Passing =>
        new()
        {
            Current = Use(2, 2),
            Previous = Use(1, 1),
            History = [Use(1, 1), Use(2, 2)],
        };

    [Fact]
    public void Shorten_MoreNamesThanAMessageHolds_CountsTheOthersAndIsNoSafer()
    {
        List<string> names = [.. Enumerable.Range(0, 2000).Select(i => $"{i:d4}{new string('n', 124)}")];
        KeyNeed[] needs = [new("first", names), new("none", []), new("last", names)];

        var shown = KeyNeeds.Shorten(needs);

        Assert.Equal([513, 0, 1], shown.Select(n => n.NeededBy.Count));
        Assert.Equal(("(1488 more)", "(2000 more)"), (shown[0].NeededBy[^1], shown[2].NeededBy[^1]));
        Assert.Equal([false, true, false], shown.Select(n => n.SafeToDisable));
        Assert.Same(needs[1], shown[1]);
        Assert.Equal(names, Assert.Single(KeyNeeds.Shorten([new("few", [.. names.Take(512)])])).NeededBy.Concat(names.Skip(512)));
    }

    [Fact, Trait("Requirement", "R52")]
    public void Of_ItemEnrolledWithoutRecordDuringAPass_NeedsTheOldVersion()
    {
        var needs = KeyNeeds.Of(Passing, [Item("a", 2, VersionId(2)), Item("late", null)]);

        Assert.Equal(["late"], Find(needs, 1).NeededBy);
        Assert.False(Find(needs, 1).SafeToDisable);
    }

    [Fact, Trait("Requirement", "R52")]
    public void Of_EveryItemPassed_OldVersionIsSafeBeforeThePassIsFinished() =>
        Assert.True(Find(KeyNeeds.Of(Passing, [Item("a", 2, VersionId(2))]), 1).SafeToDisable);

    [Fact, Trait("Requirement", "R52")]
    public void Of_ReplacedTarget_IsNeededWhileItemsAreBehind()
    {
        var replaced = Passing with { Current = Use(3, 3), History = [Use(1, 1), Use(2, 2), Use(3, 3)] };

        var needs = KeyNeeds.Of(replaced, [Item("behind", 1, VersionId(1)), Item("there", 2, VersionId(2))]);

        Assert.Equal(["behind", "there"], Find(needs, 1).NeededBy);
        Assert.Equal(["behind", "there"], Find(needs, 2).NeededBy);
    }

    [Fact, Trait("Requirement", "R52")]
    public void Of_UnreadableRing_MayNeedAnyVersion()
    {
        var needs = KeyNeeds.Of(Passing, [Item("rotten", 2, VersionId(2)) with { UnreadableRings = 1 }]);

        Assert.Equal(["rotten"], Find(needs, 1).NeededBy);
    }

    [Fact]
    public void Of_VersionInForceWithoutItems_IsNeededByTheVault() =>
        Assert.Equal([KeyNeeds.Vault], Find(KeyNeeds.Of(Passing, []), 2).NeededBy);

    [Fact, Trait("Requirement", "R52")]
    public void Of_AnyVaultAndItems_NeverCallsSafeWhatAWrapUses() =>
        Gen.Select(Gen.Int[1, 5], Gen.Int[0, 5], Gen.Select(Gen.Long[0, 5], Gen.Int[0, 4].Array[0, 3]).Array[0, 6])
            .Sample(
                (current, previous, items) =>
                {
                    var history = Enumerable.Range(1, current).Select(g => Use(g, g)).ToList();
                    var encryption = new EncryptionSettings
                    {
                        Current = history[^1],
                        Previous = previous > 0 && previous < current ? history[previous - 1] : null,
                        History = [.. history],
                    };
                    var uses = items
                        .Select((item, i) => Item($"i{i}", item.Item1 == 0 ? null : item.Item1, [.. item.Item2.Select(v => Versions[v])]))
                        .ToList();
                    var safe = KeyNeeds.Of(encryption, uses).Where(n => n.SafeToDisable).Select(n => n.KeyId).ToHashSet();
                    return !safe.Contains(encryption.Current.KeyId)
                        && !uses.Any(u => u.KeyIds.Overlaps(safe))
                        && uses.SelectMany(u => u.KeyIds).All(id => KeyNeeds.Of(encryption, uses).Any(n => n.KeyId == id));
                },
                iter: TestScale.Iterations(2000)
            );

    [Theory]
    [InlineData(2L, 0, 2, true)]
    [InlineData(3L, 0, 2, true)]
    [InlineData(1L, 0, 2, false)]
    [InlineData(null, 0, 2, false)]
    [InlineData(2L, 1, 2, false)]
    [InlineData(2L, 0, 1, false)]
    public void Has_Item_OnlyWhenNothingIsLeftToDo(long? generation, int unreadable, int version, bool expected) =>
        Assert.Equal(expected, (Item("a", generation, VersionId(version)) with { UnreadableRings = unreadable }).Has(Use(2, 2)));
}
