using System.Text;
using System.Text.Json;
using RecoveryVault.Items;
using RecoveryVault.Records;
using RecoveryVault.Storage;

namespace RecoveryVault.Tests.Model;

/// <summary>Each invariant can fail: in a run in which nothing is wrong one thing is made wrong, and it is found under its name.</summary>
public sealed class InvariantTests(ModelPlace place) : IClassFixture<ModelPlace>
{
    private static readonly Plan Nothing = new(1, Roughness.Calm, []);

    private async Task RequireFoundAsync(string name, Func<ModelRun, Task> spoil)
    {
        place.Cluster.Clear();
        using var run = new ModelRun(place.Cluster, Nothing, new Tally());
        await run.SetUpAsync("a", "b");
        var broken = await Assert.ThrowsAsync<InvariantBrokenException>(() => spoil(run));
        Assert.StartsWith(name, broken.Message, StringComparison.Ordinal);
    }

    private static PointLedger First(ModelRun run) => run.Items["a"].Points[1];

    [Theory]
    [InlineData("I1 Readable")]
    [InlineData("I2 SafeMeansUnused")]
    [InlineData("I3 Monotone")]
    [InlineData("I4 AtomicItem")]
    [InlineData("I5 AckDurable")]
    [InlineData("I6 SingleWinner")]
    [InlineData("I7 TickIdempotence")]
    [InlineData("I8 Convergence")]
    [InlineData("I9 NoDestructionOnDoubt")]
    [InlineData("I11 Loud")]
    [InlineData("I12 RightKey, I13 Position")]
    [InlineData("I14 NoRollback")]
    [InlineData("I16 ExpiryExact")]
    [InlineData("I17 AuditComplete")]
    [InlineData("I18 NoSecretAtRest")]
    public Task Invariant_FaultSeeded_IsFoundUnderItsName(string name) => RequireFoundAsync(name, run => SpoilAsync(name, run));

    [Fact]
    public void Outcome_KeyForgottenEverywhere_MustBeRefusedWhateverElseFails()
    {
        var expected = new Expectation().MustAlways("denied");
        Assert.True(expected.IsFirm && !expected.Allows(Outcome.Success) && expected.Allows(new Outcome("denied", null)));
        Assert.False(new Expectation().May("denied").IsFirm);
    }

    private static Task SpoilAsync(string name, ModelRun run) =>
        name switch
        {
            "I1 Readable" => ReadAsync(run),
            "I2 SafeMeansUnused" => CallSafeAsync(run),
            "I3 Monotone" => SetBackAsync(run),
            "I4 AtomicItem" => MixAsync(run),
            "I5 AckDurable" => ForgetAsync(run),
            "I6 SingleWinner" => AcknowledgeTwiceAsync(run),
            "I7 TickIdempotence" => Invariants.I7_TickIdempotence(
                run,
                () => run.WriteRawAsync($"log/{run.VaultId}/{Guid.NewGuid():n}", [1])
            ),
            "I8 Convergence" => FollowNothingAsync(run),
            "I9 NoDestructionOnDoubt" => DestroyAsync(),
            "I11 Loud" => StaySilentAsync(run),
            "I12 RightKey, I13 Position" => MisplaceAsync(run),
            "I14 NoRollback" => Invariants.I14_NoRollback_Receipts(run),
            "I16 ExpiryExact" => GrantTooLittleAsync(run),
            "I17 AuditComplete" => CutLogAsync(run),
            _ => LeakAsync(run),
        };

    private static Task ReadAsync(ModelRun run)
    {
        First(run).Content[^1] ^= 1;
        return Invariants.I1_Readable(run);
    }

    private static Task CallSafeAsync(ModelRun run)
    {
        run.CallSafe(run.Key.Versions[0]);
        return Invariants.I2_SafeMeansUnused(run);
    }

    private static async Task SetBackAsync(ModelRun run)
    {
        var marks = new Watermarks();
        await Invariants.I3_Monotone(run, marks);
        await ChangeAsync(run, record => record with { RingSeq = record.RingSeq - 1 });
        await Invariants.I3_Monotone(run, marks);
    }

    private static async Task MixAsync(ModelRun run)
    {
        await ChangeAsync(run, record => record with { KeyGeneration = record.KeyGeneration + 1 });
        await Invariants.I4_AtomicItem(run, run.Items["a"]);
    }

    private static async Task ChangeAsync(ModelRun run, Func<ItemRecord, ItemRecord> change)
    {
        var key = run.Items["a"].Key;
        var changed = change((await run.ReadItemAsync(key))!);
        await run.WriteRawAsync(GrainRecords.ItemBlob(key), JsonSerializer.SerializeToUtf8Bytes(changed, RecordJson.Default.ItemRecord));
    }

    private static Task ForgetAsync(ModelRun run)
    {
        var item = run.Items["a"];
        item.Points[2] = new PointLedger(First(run).Receipt with { Seq = 2 }, First(run).Content);
        return run.ObserveAsync(item);
    }

    private static Task AcknowledgeTwiceAsync(ModelRun run)
    {
        Invariants.I5_AckDurable_Receipt(run.Items["a"], First(run).Receipt);
        return Task.CompletedTask;
    }

    private static Task FollowNothingAsync(ModelRun run)
    {
        run.Key.Versions.Add(run.Key.Versions[0].Versionless.WithVersion(new string('f', 32)));
        return Invariants.I8_Convergence(run);
    }

    private static Task DestroyAsync()
    {
        Invariants.I9_NoDestructionOnDoubt(new HashSet<string> { "packs/1" }, new HashSet<string>(), "denied");
        return Task.CompletedTask;
    }

    private static Task StaySilentAsync(ModelRun run)
    {
        run.Say("Backup", "UserErrorCMKKeyDisabled");
        return Invariants.I11_Loud(run);
    }

    private static async Task MisplaceAsync(ModelRun run)
    {
        var (_, content) = await run.ReadAsync(run.Cluster.Client, run.Items["a"], First(run).Receipt.Name);
        content![0] ^= 1;
        Invariants.I12_I13_OnlyWhatWasBackedUp(run.Items["a"], First(run), content);
    }

    private static Task GrantTooLittleAsync(ModelRun run)
    {
        var deleted = First(run).Receipt with { State = RecoveryPointState.SoftDeleted, Expires = run.Now.AddDays(13) };
        Invariants.I16_ExpiryExact_Granted(run.Items["a"], First(run), deleted, run.Now);
        return Task.CompletedTask;
    }

    private static async Task CutLogAsync(ModelRun run)
    {
        var last = await run.Cluster.Blobs.ListAllAsync($"log/{run.VaultId}/").LastAsync();
        await run.Cluster.Blobs.DeleteAsync(last.Name);
        await run.DeactivateAsync();
        await Invariants.I17_AuditComplete(run);
    }

    private static async Task LeakAsync(ModelRun run)
    {
        await run.WriteRawAsync("grainstate/leak", Encoding.UTF8.GetBytes(Convert.ToBase64String(ModelRun.Canary)));
        await Invariants.I18_NoSecretAtRest(run);
    }
}
