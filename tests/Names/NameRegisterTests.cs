using System.Globalization;
using RecoveryVault.Errors;
using RecoveryVault.Names;
using RecoveryVault.Storage;
using RecoveryVault.Tests.Storage;

namespace RecoveryVault.Tests.Names;

public sealed class NameRegisterTests
{
    private readonly FaultyBlobStore _store = new(new MemoryBlobStore());

    private NameRegister Names => new(_store, "names/vaults");

    private static string Id(int number) => number.ToString("x32", CultureInfo.InvariantCulture);

    [Theory]
    [InlineData("""{"name":"docs"}""")]
    [InlineData("""{"name":"docs","id":null}""")]
    [InlineData("""{"name":"docs","id":"1"}""")]
    [InlineData("null")]
    [InlineData("""{"name":"docs2","id":"00000000000000000000000000000001"}""", ErrorCodes.RecordTampered)]
    public async Task Find_RecordThatIsNoClaimOfTheName_IsDamage(string json, string code = ErrorCodes.DataBitRot)
    {
        await _store.PutTextAsync("names/vaults/docs", json);

        var refusal = await Assert.ThrowsAnyAsync<Exception>(() => Names.FindAsync("docs"));

        Assert.Equal(code, Refusals.Find(refusal)?.Code);
    }

    [Fact]
    public async Task Claim_NameTakenInOtherCase_ReturnsTheFirst()
    {
        await Names.ClaimAsync("Docs", Id(1));

        Assert.Equal(new NameClaim("Docs", Id(1)), await Names.ClaimAsync("dOCS", Id(2)));
        Assert.Equal(new NameClaim("Docs", Id(1)), await Names.FindAsync("DOCS"));
    }

    [Fact]
    public async Task Claim_ManyAtOnce_HasOneWinner()
    {
        var claims = await Task.WhenAll(Enumerable.Range(0, 16).Select(i => Task.Run(() => Names.ClaimAsync("docs", Id(i)))));

        Assert.Single(claims.Select(c => c.Id).Distinct());
    }

    [Fact]
    public async Task Claim_FreedBetweenConflictAndLook_TakesTheName()
    {
        await Names.ClaimAsync("docs", Id(1));
        _store.Inject(new Fault.First(() => Names.FreeAsync("docs", Id(1))), BlobCalls.Get);

        Assert.Equal(Id(2), (await Names.ClaimAsync("docs", Id(2))).Id);
    }

    [Fact]
    public async Task Claim_AnswerLost_IsFoundByTheNextTry()
    {
        _store.Inject(new Fault.AckLost(), BlobCalls.Put);

        await Assert.ThrowsAsync<BlobStoreException>(() => Names.ClaimAsync("docs", Id(1)));
        Assert.Equal(Id(1), (await Names.ClaimAsync("docs", Id(2))).Id);
    }

    [Fact]
    public async Task Free_ByAnother_KeepsTheName()
    {
        await Names.ClaimAsync("docs", Id(1));

        await Names.FreeAsync("docs", Id(2));
        Assert.NotNull(await Names.FindAsync("docs"));
        await Names.FreeAsync("DOCS", Id(1));
        Assert.Null(await Names.FindAsync("docs"));
        await Names.FreeAsync("docs", Id(1));
    }

    [Fact]
    public async Task Free_NameTakenByAnotherMeanwhile_IsNotFreed()
    {
        await Names.ClaimAsync("docs", Id(1));
        _store.Inject(
            new Fault.First(async () =>
            {
                await Names.FreeAsync("docs", Id(1));
                await Names.ClaimAsync("docs", Id(2));
            }),
            BlobCalls.Delete
        );

        await Names.FreeAsync("docs", Id(1));

        Assert.Equal(Id(2), (await Names.FindAsync("docs"))!.Id);
    }

    [Fact]
    public async Task List_InPages_GivesEveryNameOnceInOrder()
    {
        var names = Enumerable.Range(0, 23).Select(i => $"N{i:d2}").ToList();
        foreach (var name in names.AsEnumerable().Reverse())
            await Names.ClaimAsync(name, Id(names.IndexOf(name)));

        List<string> listed = [];
        for (var page = new PageRequest(null, 5); ; )
        {
            var answer = await Names.ListAsync(page);
            Assert.InRange(answer.Items.Count, 1, 5);
            listed.AddRange(answer.Items.Select(c => c.Name));
            if (answer.Next is not { } next)
                break;
            page = new PageRequest(next, 5);
        }
        Assert.Equal(names, listed);
    }
}
