using RecoveryVault.Tests.Style;
using Xunit.Abstractions;

namespace RecoveryVault.Tests.Tampering;

/// <summary>
/// Everything done to every kind of stored object. RVAULT_TAMPER_SEED gives another run; the full count of tests/long is 10,000 mutations.
/// </summary>
public sealed class TamperMatrixTests(TamperStage stage, ITestOutputHelper output) : IClassFixture<TamperStage>
{
    private const int Mutations = 125;
    private const int CleanRuns = 13;
    private const int MostTold = 20;

    private static readonly ulong Seed = ulong.TryParse(Environment.GetEnvironmentVariable("RVAULT_TAMPER_SEED"), out var seed) ? seed : 1;

    private static readonly (StoredKind Kind, Tampering Tampering)[] Cases =
    [
        .. from kind in Enum.GetValues<StoredKind>()
        from tampering in Enum.GetValues<Tampering>()
        where Tamperer.Fits(tampering, kind)
        select (kind, tampering),
    ];

    [Fact]
    public async Task Store_WithAnyObjectTamperedWith_GivesNoWrongByteAndSaysWhatItIs()
    {
        stage.Store.Rewind();
        var rules = new TamperRules(stage.Store, await stage.Examiner.ExamineAsync());
        List<string> complaints = [];
        Dictionary<StoredKind, int> counts = [];
        var (count, refused) = ((int)TestScale.Iterations(Mutations), 0);
        for (var (done, number) = (0, 0); done < count; number++)
        {
            stage.Store.Rewind();
            var (kind, tampering) = Cases[number % Cases.Length];
            if (await stage.Tamperer.ApplyAsync(tampering, kind, new Dice((Seed * 1_000_003) + (ulong)number)) is not { } mutant)
                continue;
            done++;
            counts[kind] = counts.GetValueOrDefault(kind) + 1;
            var seen = await stage.Examiner.ExamineAsync();
            refused += seen.Outcomes.Any(o => !o.IsExact) ? 1 : 0;
            complaints.AddRange(rules.Judge(mutant, seen).Select(c => $"{number}: {mutant}: {c}"));
        }
        output.WriteLine(
            $"{count} mutations, {refused} refused a restore: {string.Join(", ", counts.Select(c => $"{c.Key} {c.Value}"))}; {complaints.Count} complaints"
        );
        Assert.True(complaints.Count == 0, string.Join('\n', complaints.Take(MostTold)));
    }

    [Fact]
    public async Task Store_Untouched_RaisesNothing()
    {
        stage.Store.Rewind();
        var runs = TestScale.Iterations(CleanRuns);
        for (var run = runs; run > 0; run--)
        {
            var seen = await stage.Examiner.ExamineAsync();
            Assert.All(seen.Outcomes, o => Assert.True(o.IsExact, $"{o.Point.Name}: {string.Join(", ", o.Codes)} {o.Wrong}"));
            Assert.All(seen.Listings.Values, l => Assert.Null(l.Code));
            Assert.Empty(seen.LogFaults);
            Assert.Empty(seen.Scrubbed);
            Assert.Empty(seen.Failures);
        }
        output.WriteLine($"{runs} clean runs");
    }

    /// <summary>The kinds the product writes are all there to be tampered with.</summary>
    [Fact]
    public void Stage_HoldsEveryKind()
    {
        var held = stage.Store.Names.Select(StoredKinds.Of).ToHashSet();
        Assert.DoesNotContain(StoredKind.Other, held);
        Assert.Empty(Enum.GetValues<StoredKind>().Except(held).Except([StoredKind.Other]));
    }
}
