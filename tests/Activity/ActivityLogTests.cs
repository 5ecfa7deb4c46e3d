using System.Buffers;
using System.Collections.Immutable;
using System.Globalization;
using CsCheck;
using RecoveryVault.Activity;
using RecoveryVault.Errors;
using RecoveryVault.Storage;
using RecoveryVault.Tests.Keys;
using RecoveryVault.Tests.Storage;
using RecoveryVault.Tests.Style;
using RecoveryVault.Vaults;

namespace RecoveryVault.Tests.Activity;

/// <summary>The activity log's chain: what it bears and what it gives away.</summary>
public sealed class ActivityLogTests : KeyringTest
{
    private static readonly LogHead Empty = new(0, ActivityLog.Genesis);

    private readonly MemoryBlobStore _store = new();
    private readonly VaultId _vault = VaultId.Create();

    private ActivityLog Log => new(_store, Keyring);

    private static LogRecord Entry(string operation) =>
        new()
        {
            Time = DateTimeOffset.UnixEpoch,
            Caller = "tester@here",
            Operation = operation,
            Status = "Succeeded",
            CorrelationId = Guid.Empty,
            Details = ImmutableSortedDictionary<string, string>.Empty,
        };

    private async Task FillAsync(int count)
    {
        var head = Empty;
        for (var i = 1; i <= count; i++)
            head = await Log.AppendAsync(_vault, head, seq => Entry($"op{seq}"));
    }

    private string BlobOf(long seq) => $"log/{_vault}/{seq.ToString("x16", CultureInfo.InvariantCulture)}";

    private async Task<byte[]> BytesOfAsync(long seq) => (await _store.GetAsync(BlobOf(seq)))!.Content.ToArray();

    private Task<string> PutAsync(long seq, byte[] content) =>
        _store.PutAsync(BlobOf(seq), new ReadOnlySequence<byte>(content), PutCondition.Always);

    [Fact]
    public async Task Verify_UntouchedLog_FindsNothing()
    {
        Assert.Equal(new ActivityCheck(0, null, null, null), await Log.VerifyAsync(_vault, 1, 500));
        await FillAsync(20);

        Assert.Equal(new ActivityCheck(20, null, null, null, KeyIds: "platform:1"), await Log.VerifyAsync(_vault, 1, 500));
        Assert.Equal(new ActivityCheck(7, 8, null, null, KeyIds: "platform:1"), await Log.VerifyAsync(_vault, 1, 7));
        Assert.Equal(new ActivityCheck(13, null, null, null, KeyIds: "platform:1"), await Log.VerifyAsync(_vault, 8, 500));
        await Assert.ThrowsAsync<VaultException>(() => Log.VerifyAsync(_vault, 0, 500));
    }

    [Fact]
    public async Task Verify_AnyEntryRemovedChangedOrMoved_NamesTheFirstFault()
    {
        const int Count = 9;
        await FillAsync(Count);
        for (var seq = 1; seq <= Count; seq++)
        {
            var original = await BytesOfAsync(seq);
            var flipped = (byte[])[.. original];
            flipped[30] ^= 4;
            await PutAsync(seq, flipped);
            Assert.Equal(seq, (await Log.VerifyAsync(_vault, 1, 500)).FaultSeq);

            await _store.DeleteAsync(BlobOf(seq));
            // A removed tail cannot be told from a shorter log, except by who remembers.
            Assert.Equal(seq == Count ? null : seq, (await Log.VerifyAsync(_vault, 1, 500)).FaultSeq);
            Assert.Equal(seq, (await Log.VerifyAsync(_vault, 1, 500, knownEnd: Count)).FaultSeq);

            await PutAsync(seq, await BytesOfAsync(seq == 1 ? 2 : 1));
            Assert.Equal(seq, (await Log.VerifyAsync(_vault, 1, 500)).FaultSeq);
            await PutAsync(seq, original);
            Assert.Null((await Log.VerifyAsync(_vault, 1, 500)).Fault);
        }
    }

    [Fact]
    public async Task Verify_EntryOfAnotherVault_IsFound()
    {
        await FillAsync(3);
        var other = VaultId.Create();
        await Log.AppendAsync(other, Empty, _ => Entry("foreign"));

        await PutAsync(1, (await _store.GetAsync($"log/{other}/{1:x16}"))!.Content.ToArray());

        Assert.Equal(1, (await Log.VerifyAsync(_vault, 1, 500)).FaultSeq);
    }

    [Fact]
    public async Task Append_AfterAMiddleEntryWasRemoved_NeverFillsTheGap()
    {
        await FillAsync(6);
        await _store.DeleteAsync(BlobOf(2));

        var head = await Log.AppendAsync(_vault, await Log.FindHeadAsync(_vault), _ => Entry("later"));

        Assert.Equal(7, head.Seq);
        Assert.Equal(2, (await Log.VerifyAsync(_vault, 1, 500)).FaultSeq);
    }

    [Fact]
    public async Task FindHead_AnyLength_IsExact()
    {
        for (var count = 0; count <= 20; count++)
        {
            Assert.Equal(count, (await Log.FindHeadAsync(_vault)).Seq);
            await Log.AppendAsync(_vault, await Log.FindHeadAsync(_vault), _ => Entry("more"));
        }
    }

    [Fact]
    public async Task Append_AnswerLost_IsOneEntry()
    {
        var faulty = new FaultyBlobStore(_store);
        var log = new ActivityLog(faulty, Keyring);
        faulty.Inject(new Fault.AckLost(), BlobCalls.Put);

        Assert.Equal(1, (await log.AppendAsync(_vault, Empty, _ => Entry("once"))).Seq);
        Assert.Equal(1, (await Log.FindHeadAsync(_vault)).Seq);

        faulty.Inject(new Fault.Fail(), BlobCalls.Put);
        await Assert.ThrowsAsync<BlobStoreException>(() => log.AppendAsync(_vault, Empty, _ => Entry("never")));
        Assert.Equal(1, (await Log.FindHeadAsync(_vault)).Seq);
    }

    [Fact]
    public async Task Append_TheSameByAnotherActivationMeanwhile_IsOneEntry()
    {
        await Log.AppendAsync(_vault, Empty, _ => Entry("once"), r => r.Operation == "once");
        await Log.AppendAsync(_vault, Empty, _ => Entry("other"));

        var head = await Log.AppendAsync(_vault, Empty, _ => Entry("once"), r => r.Operation == "once");

        Assert.Equal(2, head.Seq);
        Assert.Equal(2, (await Log.FindHeadAsync(_vault)).Seq);
    }

    /// <summary>
    /// Writers on several silos, each with its own idea of the end, over a store that loses answers: one chain, each entry once.
    /// </summary>
    [Fact]
    public Task Append_FromManyWriters_KeepsOneChain() =>
        Gen.Select(Gen.Int[2, 4], Gen.Int[1, 6], Gen.Int[0, 30].List[0, 4])
            .SampleAsync(
                async (writers, each, lostAt) =>
                {
                    var vault = VaultId.Create();
                    var faulty = new FaultyBlobStore(_store);
                    foreach (var nth in lostAt)
                        faulty.Inject(new Fault.AckLost(), BlobCalls.Put, nth);
                    await Task.WhenAll(Enumerable.Range(0, writers).Select(w => Task.Run(() => WriteAsync(w))));

                    async Task WriteAsync(int writer)
                    {
                        var log = new ActivityLog(faulty, Keyring);
                        var head = Empty;
                        for (var i = 0; i < each; i++)
                        {
                            var name = $"{writer}-{i}";
                            head = await log.AppendAsync(vault, head, _ => Entry(name));
                        }
                    }

                    Assert.Equal(
                        new ActivityCheck(writers * each, null, null, null, KeyIds: "platform:1"),
                        await Log.VerifyAsync(vault, 1, 500)
                    );
                    List<string> operations = [];
                    for (var seq = 1; seq <= writers * each; seq++)
                        operations.Add((await Log.ReadAsync(vault, seq))!.Value.Record.Operation);
                    Assert.Equal(operations.Count, operations.Distinct().Count());
                },
                iter: TestScale.Iterations(60),
                threads: 1
            );
}
