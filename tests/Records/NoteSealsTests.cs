using System.Collections.Immutable;
using RecoveryVault.Errors;
using RecoveryVault.Keys;
using RecoveryVault.Records;
using RecoveryVault.Tests.Storage;
using RecoveryVault.Vaults;

namespace RecoveryVault.Tests.Records;

/// <summary>What a record owes to the log counts only as the cluster wrote it, where it wrote it.</summary>
public sealed class NoteSealsTests : IAsyncLifetime
{
    private const string Owner = "vault-item";

    private PlatformKeyring _keyring = null!;

    public async Task InitializeAsync() =>
        _keyring = await PlatformKeyring.CreateAsync(new MemoryBlobStore(), "store", TimeProvider.System);

    public Task DisposeAsync()
    {
        _keyring.Dispose();
        return Task.CompletedTask;
    }

    private NoteSeals Seals => new(_keyring);

    private static OwedNote Note(string caller = "anna@here") =>
        new(
            Guid.NewGuid(),
            Guid.NewGuid(),
            EndsJob: true,
            "DeleteRecoveryPoint",
            caller,
            new DateTimeOffset(2026, 11, 28, 12, 0, 0, 123, TimeSpan.Zero),
            ImmutableSortedDictionary<string, string>.Empty.Add("reason", "é \"quoted\"")
        );

    private string? CodeOf(string owner, params ImmutableArray<OwedNote> notes) =>
        (Record.Exception(() => Seals.Require(owner, notes)) as VaultException)?.Code;

    [Fact]
    public void Require_OfAnythingButWhatWasSealedThere_IsTampering()
    {
        var note = Seals.Seal(Owner, [Note()])[0];
        Assert.Equal(ErrorCodes.RecordTampered, CodeOf(Owner, Note()));
        Assert.Equal(ErrorCodes.RecordTampered, CodeOf("vault-other", note));
        Assert.Equal(ErrorCodes.RecordTampered, CodeOf(Owner, note with { Caller = "mallory@there" }));
        Assert.Equal(ErrorCodes.RecordTampered, CodeOf(Owner, note with { Operation = "RestoreRecoveryPoint" }));
        Assert.Equal(ErrorCodes.RecordTampered, CodeOf(Owner, note with { Time = note.Time.AddMilliseconds(1) }));
        Assert.Equal(ErrorCodes.RecordTampered, CodeOf(Owner, note with { CorrelationId = Guid.NewGuid() }));
        Assert.Equal(ErrorCodes.RecordTampered, CodeOf(Owner, note with { EndsJob = false }));
        Assert.Equal(ErrorCodes.RecordTampered, CodeOf(Owner, note with { Details = note.Details.SetItem("reason", "none") }));
        Assert.Equal(ErrorCodes.RecordTampered, CodeOf(Owner, note with { Details = null!, Caller = null!, Operation = null! }));
        Assert.Equal(ErrorCodes.RecordTampered, CodeOf(Owner, note, Note()));
    }

    [Fact]
    public void Require_SealWithAnyBitChanged_IsRefused()
    {
        var note = Seals.Seal(Owner, [Note()])[0];
        for (var bit = 0; bit < note.Seal.Length * 8; bit++)
        {
            var seal = note.Seal.ToArray();
            seal[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.NotNull(CodeOf(Owner, note with { Seal = seal }));
        }
    }

    [Fact]
    public void Require_OfWhatWasSealedAndReadBack_IsFine()
    {
        var sealedNotes = Seals.Seal(Owner, [Note(), Note("bob@there")]);
        var record = VaultRecordOf(sealedNotes);
        Assert.Null(CodeOf(Owner, record.Owed));
        Assert.Equal(sealedNotes.Select(n => n.Id), record.Owed.Select(n => n.Id));
        Assert.Equal(sealedNotes, Seals.Seal(Owner, sealedNotes));
    }

    /// <summary>As a grain's record comes back from storage.</summary>
    private static ItemRecordLike VaultRecordOf(ImmutableArray<OwedNote> notes)
    {
        var key = new RecoveryVault.Items.ItemKey(VaultId.Create(), RecoveryVault.Items.ItemId.Create());
        var item = RecoveryVault.Items.ItemRecord.Enrolled(key, 1) with { Owed = notes };
        var json = System.Text.Json.JsonSerializer.Serialize(item, RecordJson.Default.ItemRecord);
        return new(System.Text.Json.JsonSerializer.Deserialize(json, RecordJson.Default.ItemRecord)!.Owed);
    }

    private sealed record ItemRecordLike(ImmutableArray<OwedNote> Owed);
}
