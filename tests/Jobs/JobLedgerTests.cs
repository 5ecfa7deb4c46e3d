using Microsoft.Extensions.Time.Testing;
using RecoveryVault.Jobs;
using RecoveryVault.Storage;
using RecoveryVault.Tests.Storage;
using RecoveryVault.Vaults;

namespace RecoveryVault.Tests.Jobs;

public sealed class JobLedgerTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    private readonly FakeTimeProvider _time = new(Start);
    private readonly FaultyBlobStore _store = new(new MemoryBlobStore());
    private readonly VaultId _vault = VaultId.Create();

    private JobLedger Ledger => new(_store, _time);

    private JobStart NewJob() => new(Ledger.NewJobId(), JobOperations.Backup, "item", _time.GetUtcNow(), "tester@here", "silo-1");

    [Fact]
    public async Task List_ManyJobs_GivesTheNewestFirstAndResumesAnywhere()
    {
        List<Guid> ids = [];
        for (var i = 0; i < 25; i++)
        {
            var job = NewJob();
            await Ledger.StartAsync(_vault, job);
            if (i % 2 == 0)
                await Ledger.EndAsync(_vault, job.JobId, JobEnd.Completed(_time.GetUtcNow()));
            ids.Insert(0, job.JobId);
            _time.Advance(TimeSpan.FromMilliseconds(1));
        }

        Assert.Equal(ids, await ListAsync(null));
        for (var i = 0; i < ids.Count; i++)
            Assert.Equal(ids[(i + 1)..], await ListAsync(ids[i]));
    }

    private async Task<List<Guid>> ListAsync(Guid? after)
    {
        List<Guid> ids = [];
        await foreach (var job in Ledger.ListAsync(_vault, after))
            ids.Add(job.Start.JobId);
        return ids;
    }

    [Fact]
    public async Task End_Twice_TheFirstStands()
    {
        var job = NewJob();
        await Ledger.StartAsync(_vault, job);
        await Ledger.EndAsync(_vault, job.JobId, JobEnd.Completed(Start));
        await Ledger.EndAsync(_vault, job.JobId, JobEnd.Failed(Start, new JobError("X", "x.", "")));

        Assert.Equal(JobStatus.Completed, (await Ledger.FindAsync(_vault, job.JobId))!.ToSummary().Status);
    }

    [Fact]
    public async Task Start_AnswerLostAndRepeated_IsOneJob()
    {
        var job = NewJob();
        _store.Inject(new Fault.AckLost(), BlobCalls.Put);
        await Assert.ThrowsAsync<BlobStoreException>(() => Ledger.StartAsync(_vault, job));

        await Ledger.StartAsync(_vault, job);

        Assert.Equal([job.JobId], await ListAsync(null));
        Assert.Equal(JobStatus.InProgress, (await Ledger.FindAsync(_vault, job.JobId))!.ToSummary().Status);
    }

    [Fact]
    public async Task Find_OfAnotherVault_IsNothing()
    {
        var job = NewJob();
        await Ledger.StartAsync(_vault, job);

        Assert.Null(await Ledger.FindAsync(VaultId.Create(), job.JobId));
        Assert.Null(await Ledger.FindAsync(_vault, Guid.NewGuid()));
    }

    [Fact]
    public void Bounded_LongTexts_AreCut()
    {
        var end = JobEnd.Failed(Start, new JobError("X", new string('m', 1_000_000), new string('r', 5000))).Bounded();

        Assert.All([end.Errors[0].Message, end.Errors[0].Recommendation], t => Assert.Equal(JobEnd.MaxTextLength, t.Length));
        Assert.Equal("X", end.Errors[0].Code);
    }
}
