using CsCheck;
using RecoveryVault.Storage;
using RecoveryVault.Tests.Style;

namespace RecoveryVault.Tests.Storage;

public abstract partial class BlobStoreConformance
{
    private static readonly string[] Neighbours =
    [
        "A",
        "B/a",
        "Z",
        "a",
        "a b",
        "a%2fb",
        "a+",
        "a-b",
        "a.b",
        "a.b.b",
        "a//b",
        "a/A",
        "a/b",
        "a/b.b",
        "a/b/c",
        "a/b/c/d",
        "a/é",
        "a0",
        "aa",
        "ab/c",
        "b",
        "b-/x",
        "b.b",
        "b/x",
        "b0",
        "x?y=z#q",
        "~",
        "é",
        "é/a",
        "\uD83D\uDE00",
        "\uFF5E",
        new('n', 200),
        new('n', 201),
        new('n', 900),
        new string('n', 198) + "é",
        new string('n', 198) + "b",
        new string('n', 198) + "++/x",
        string.Join('/', Enumerable.Repeat("deep", 200)),
        new string('n', 200) + "/x",
        new string('n', 200) + "-",
        new('é', 1024),
    ];

    [StoreFact]
    public async Task List_EmptyStore_IsOneEmptyPage()
    {
        var page = await Store.ListAsync("");
        Assert.Empty(page.Items);
        Assert.Null(page.Next);
        Assert.Empty((await Store.ListAsync("no/such/")).Items);
    }

    [StoreTheory]
    [InlineData(0)]
    [InlineData(-1)]
    public async Task List_NoRoomForAnItem_IsTheCallersFault(int maxCount) =>
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Store.ListAsync("", maxCount: maxCount));

    [StoreFact]
    public async Task List_NeighbouringNames_AreAllThereInOrdinalOrder()
    {
        var names = await PutNeighboursAsync();
        Assert.Equal(names, await Store.ListNamesAsync());
        foreach (var name in names)
            Assert.Equal(name, await Store.GetTextAsync(name));
    }

    [StoreTheory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    public async Task List_SmallPages_GiveEachNameOnceInOrder(int pageSize)
    {
        var names = await PutNeighboursAsync();
        Assert.Equal(names, await Store.ListNamesAsync(pageSize: pageSize));
        foreach (var prefix in new[] { "a", "a/", "n", "é" })
            Assert.Equal(
                names.Where(name => name.StartsWith(prefix, StringComparison.Ordinal)),
                await Store.ListNamesAsync(prefix, pageSize: pageSize)
            );
    }

    [StoreFact]
    public async Task List_AnyPrefixAndAfter_AreAFilterOfTheWhole()
    {
        var names = await PutNeighboursAsync();
        string[] cuts =
        [
            .. names
                .SelectMany(name => new[] { name, name + "/", name[..^1], name[..(name.Length / 2)], name + "\u0001", "no" })
                .Distinct(),
            "/",
            "\uD83D",
        ];
        await Gen.Select(Gen.OneOf(cuts), Gen.OneOf(cuts))
            .SampleAsync(
                async (prefix, after) =>
                    Assert.Equal(
                        names.Where(name => name.StartsWith(prefix, StringComparison.Ordinal) && string.CompareOrdinal(name, after) > 0),
                        await Store.ListNamesAsync(prefix, after, pageSize: 100)
                    ),
                iter: TestScale.Iterations(300),
                threads: 1
            );
    }

    [StoreFact]
    public async Task List_PageEndsWithTheLastItem_SaysThatItIsTheLast()
    {
        foreach (var name in new[] { "a", "b", "c" })
            await Store.PutTextAsync(name, "x");
        Assert.Null((await Store.ListAsync("", maxCount: 3)).Next);
        Assert.Equal("b", (await Store.ListAsync("", maxCount: 2)).Next);
        Assert.Null((await Store.ListAsync("", after: "b", maxCount: 1)).Next);
        Assert.Empty((await Store.ListAsync("", after: "c")).Items);
    }

    [StoreFact]
    public async Task List_ETag_IsThatOfTheContentWhereTheStoreTellsIt()
    {
        await Store.PutTextAsync("b", "12345");
        await Store.PutTextAsync("b", "54321");
        var listed = (await Store.ListAsync("")).Items.Single().ETag;
        Assert.Equal(ListsETags ? (await Store.GetAsync("b"))?.ETag : null, listed);
    }

    [StoreFact]
    public async Task List_Item_HasTheContentsLengthAndATimeOfItsWrite()
    {
        await Store.PutTextAsync("before", "");
        await Store.PutTextAsync("b", "12345");
        await Store.PutTextAsync("b", "123");
        await Store.PutTextAsync("c-after", "");
        var items = (await Store.ListAsync("")).Items.ToDictionary(item => item.Name);
        Assert.Equal(3, items["b"].Length);
        Assert.InRange(items["b"].LastModified, items["before"].LastModified, items["c-after"].LastModified);
        Assert.Equal(TimeSpan.Zero, items["b"].LastModified.Offset);
    }

    private async Task<List<string>> PutNeighboursAsync()
    {
        var names = Neighbours.Order(StringComparer.Ordinal).ToList();
        foreach (var name in names.AsEnumerable().Reverse())
            await Store.PutTextAsync(name, name, PutCondition.IfAbsent);
        return names;
    }
}
