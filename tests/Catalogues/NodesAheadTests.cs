using RecoveryVault.Catalogues;

namespace RecoveryVault.Tests.Catalogues;

/// <summary>Reading a catalogue with some nodes on their way before they are reached.</summary>
public sealed class NodesAheadTests
{
    private const int Ahead = 4;
    private const int Files = 20_000;
    private readonly MemoryNodes _nodes = new();

    [Fact]
    public async Task Read_ANodeAheadFails_GivesAllThatComesBeforeIt()
    {
        var root = await _nodes.WriteAsync(CatalogueSamples.Large(Files));
        var fetches = 0;
        var reader = new CatalogueReader(
            (node, cancel) => ++fetches == 4 ? throw new IOException() : _nodes.FetchAsync(node, cancel),
            null,
            Ahead
        );
        var count = 0;

        await Assert.ThrowsAsync<IOException>(async () =>
        {
            await foreach (var _ in reader.ReadAsync(root))
                count++;
        });

        // The root's node and two of about forty others are read.
        Assert.InRange(count, Files / 100, Files / 5);
    }

    [Fact]
    public async Task Read_GivenUp_EndsWhatIsUnderWay()
    {
        var root = await _nodes.WriteAsync(CatalogueSamples.Large(Files));
        List<Task> waiting = [];
        var reader = new CatalogueReader(
            async (node, cancel) =>
            {
                if (node == root.Node)
                    return _nodes.All[node];
                if (waiting.Count == 0)
                {
                    waiting.Add(Task.CompletedTask);
                    return _nodes.All[node];
                }
                var never = Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancel);
                waiting.Add(never);
                await never;
                return default;
            },
            null,
            Ahead
        );

        await foreach (var _ in reader.ReadAsync(root))
            break;

        Assert.Equal(1 + Ahead, waiting.Count);
        Assert.All(waiting.Skip(1), task => Assert.True(task.IsCanceled));
    }

    [Fact]
    public async Task Read_AllOfIt_GivesTheSameAndFetchesEachNodeOnce()
    {
        var root = await _nodes.WriteAsync(CatalogueSamples.Large(Files));
        var paths = new List<RelativePath>();

        await foreach (var entry in new CatalogueReader(_nodes.FetchAsync, null, Ahead).ReadAsync(root))
            paths.Add(entry.Path);

        Assert.Equal(CatalogueSamples.Large(Files).Select(e => e.Path), paths);
        Assert.Equal(_nodes.All.Count, _nodes.Fetched);
    }

    [Fact]
    public async Task Read_AllOfIt_HasSoManyUnderWay()
    {
        var root = await _nodes.WriteAsync(CatalogueSamples.Large(Files));
        var (begun, all) = (0, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        var reader = new CatalogueReader(
            async (node, cancel) =>
            {
                // None but the root's comes before so many are under way.
                if (node != root.Node && ++begun == 1 + Ahead)
                    all.SetResult();
                if (node != root.Node)
                    await all.Task.WaitAsync(TimeSpan.FromMinutes(1), TimeProvider.System, cancel);
                return _nodes.All[node];
            },
            null,
            Ahead
        );

        await foreach (var _ in reader.ReadAsync(root))
            break;

        Assert.Equal(1 + Ahead, begun);
    }

    [Fact]
    public async Task Read_OnePath_FetchesNoNodeThatCannotHoldIt()
    {
        var root = await _nodes.WriteAsync(CatalogueSamples.Large(Files));

        await foreach (
            var _ in new CatalogueReader(_nodes.FetchAsync, null, Ahead).ReadAsync(root, RelativePath.FromText("directory-000100"))
        ) { }

        Assert.InRange(_nodes.Fetched, root.Level + 1, root.Level + 4);
    }
}
