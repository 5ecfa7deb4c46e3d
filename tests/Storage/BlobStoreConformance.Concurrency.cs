using System.Buffers;
using System.Globalization;
using RecoveryVault.Storage;
using static RecoveryVault.Tests.Storage.BlobContent;

namespace RecoveryVault.Tests.Storage;

public abstract partial class BlobStoreConformance
{
    private const int Writers = 8,
        Rounds = 10;

    [StoreFact]
    public async Task Put_ManyIncrementByETag_NoUpdateIsLost()
    {
        await Store.PutTextAsync("counter", "0");
        await EachAsync(
            Writers,
            async _ =>
            {
                for (var i = 0; i < Rounds; i++)
                    await IncrementAsync(Store, "counter");
            }
        );
        Assert.Equal((Writers * Rounds).ToString(CultureInfo.InvariantCulture), await Store.GetTextAsync("counter"));
    }

    [StoreFact]
    public async Task Put_ManyCreateOneName_ExactlyOneWins()
    {
        for (var round = 0; round < Rounds; round++)
        {
            var name = $"r/{round}";
            var won = await EachAsync(Writers, writer => SucceedsAsync(() => Store.PutTextAsync(name, $"{writer}", PutCondition.IfAbsent)));
            var winner = Assert.Single(Enumerable.Range(0, Writers), writer => won[writer]);
            Assert.Equal($"{winner}", await Store.GetTextAsync(name));
        }
    }

    [StoreFact]
    public async Task Put_ManyReplaceOneVersion_ExactlyOneWins()
    {
        var etag = await Store.PutTextAsync("a", "start");
        for (var round = 0; round < Rounds; round++)
        {
            var seen = etag;
            var won = await EachAsync(
                Writers,
                writer => SucceedsAsync(() => Store.PutTextAsync("a", $"{writer}", PutCondition.IfMatch(seen)))
            );
            var winner = Assert.Single(Enumerable.Range(0, Writers), writer => won[writer]);
            Assert.Equal($"{winner}", await Store.GetTextAsync("a"));
            etag = (await Store.GetAsync("a"))?.ETag ?? "";
        }
    }

    [StoreFact]
    public async Task DeleteAndPut_OfOneVersion_ExactlyOneWins()
    {
        for (var round = 0; round < 2 * Rounds; round++)
        {
            var name = $"r/{round}";
            var etag = await Store.PutTextAsync(name, "old");
            var won = await EachAsync(
                4,
                writer =>
                    writer % 2 == 0
                        ? SucceedsAsync(() => Store.PutTextAsync(name, $"{writer}", PutCondition.IfMatch(etag)))
                        : SucceedsAsync(() => Store.DeleteAsync(name, etag))
            );
            var winner = Assert.Single(Enumerable.Range(0, 4), writer => won[writer]);
            Assert.Equal(winner % 2 == 0 ? $"{winner}" : null, await Store.GetTextAsync(name));
        }
    }

    [StoreFact]
    public async Task Delete_ManyAtOnce_ExactlyOneFindsIt()
    {
        for (var round = 0; round < Rounds; round++)
        {
            await Store.PutTextAsync("a", "x");
            var found = await EachAsync(Writers, _ => Store.DeleteAsync("a"));
            Assert.Single(found, true);
        }
    }

    [StoreFact]
    public async Task CreateAndDelete_Interleaved_EveryDeletionIsOfOneCreation()
    {
        var outcomes = await EachAsync(
            Writers,
            async writer =>
            {
                var balance = 0;
                for (var i = 0; i < Rounds; i++)
                {
                    if (writer % 2 == 0)
                        balance += await SucceedsAsync(() => Store.PutTextAsync("a", $"{writer}", PutCondition.IfAbsent)) ? 1 : 0;
                    else
                        balance -= await Store.DeleteAsync("a") ? 1 : 0;
                }
                return balance;
            }
        );
        Assert.Equal(await Store.GetAsync("a") is null ? 0 : 1, outcomes.Sum());
    }

    [StoreFact]
    public async Task Get_WhileReplaced_IsOneWholeVersion()
    {
        await Store.PutAsync("a", new ReadOnlySequence<byte>(Version(0, 50_000)), PutCondition.Always);
        using var done = new CancellationTokenSource();
        var reader = Task.Run(async () =>
        {
            var reads = 0;
            for (; !done.IsCancellationRequested || reads == 0; reads++)
            {
                var blob = await Store.GetAsync("a");
                Assert.NotNull(blob);
                RequireWhole(blob.Content.Span);
            }
        });
        for (byte version = 1; version <= 30; version++)
            await Store.PutAsync("a", new ReadOnlySequence<byte>(Version(version, 50_000 - (1000 * version))), PutCondition.IfPresent);
        await done.CancelAsync();
        await reader;
    }

    [StoreFact]
    public async Task List_WhileOthersComeAndGo_ShowsEachLastingNameOnce()
    {
        var lasting = Enumerable.Range(0, 40).Select(i => $"d{i % 3}/{i:d2}").Order(StringComparer.Ordinal).ToList();
        foreach (var name in lasting)
            await Store.PutTextAsync(name, "x");
        using var done = new CancellationTokenSource();
        var churn = Task.Run(async () =>
        {
            for (var i = 0; !done.IsCancellationRequested; i++)
            {
                await Store.PutTextAsync(lasting[i % lasting.Count], "y", PutCondition.IfPresent);
                await Store.PutTextAsync($"d{i % 3}/passing{i % 5}", "z");
                await Store.DeleteAsync($"d{(i + 1) % 3}/passing{(i + 1) % 5}");
            }
        });
        for (var round = 0; round < 30; round++)
        {
            var listed = await Store.ListNamesAsync(pageSize: round % 2 == 0 ? 7 : 1000);
            Assert.Equal(listed.Order(StringComparer.Ordinal).Distinct(), listed);
            Assert.Equal(lasting, listed.Where(name => !name.Contains("passing", StringComparison.Ordinal)));
        }
        await done.CancelAsync();
        await churn;
    }

    /// <summary>Adds one to a number by compare and swap, as often as it takes.</summary>
    internal static async Task IncrementAsync(IBlobStore store, string name)
    {
        while (true)
        {
            var blob = await store.GetAsync(name) ?? throw new InvalidOperationException($"'{name}' is gone.");
            var next = int.Parse(System.Text.Encoding.UTF8.GetString(blob.Content.Span), CultureInfo.InvariantCulture) + 1;
            if (
                await SucceedsAsync(() =>
                    store.PutTextAsync(name, next.ToString(CultureInfo.InvariantCulture), PutCondition.IfMatch(blob.ETag))
                )
            )
                return;
        }
    }

    private static Task<bool> SucceedsAsync(Func<Task<string>> put) => SucceedsAsync(async () => (await put()).Length > 0);

    /// <summary>Whether a conditional call did what it was to do.</summary>
    private static async Task<bool> SucceedsAsync(Func<Task<bool>> call)
    {
        try
        {
            return await call();
        }
        catch (BlobStoreException error) when (error.Error == BlobError.PreconditionFailed)
        {
            return false;
        }
    }

    /// <summary>Runs all at once and returns their results in order.</summary>
    private static Task<T[]> EachAsync<T>(int count, Func<int, Task<T>> work) =>
        Task.WhenAll(Enumerable.Range(0, count).Select(i => Task.Run(() => work(i))));

    private static Task EachAsync(int count, Func<int, Task> work) =>
        Task.WhenAll(Enumerable.Range(0, count).Select(i => Task.Run(() => work(i))));
}
