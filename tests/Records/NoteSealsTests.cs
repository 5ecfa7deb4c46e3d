using System.Collections.Immutable;
using System.Text.Json;
using RecoveryVault.Errors;
using RecoveryVault.Items;
using RecoveryVault.Records;
using RecoveryVault.Tests.Keys;
using RecoveryVault.Vaults;

namespace RecoveryVault.Tests.Records;

/// <summary>What a record owes to the log counts only as the cluster wrote it, where it wrote it.</summary>
public sealed class NoteSealsTests : KeyringTest
{
    private const string Owner = "vault-item";

    private NoteSeals Seals => new(Keyring);

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
        var notes = Seals.Seal(Owner, [Note(), Note("bob@there")]);
        var key = new ItemKey(VaultId.Create(), ItemId.Create());
        var json = JsonSerializer.Serialize(ItemRecord.Enrolled(key, 1) with { Owed = notes }, RecordJson.Default.ItemRecord);

        var read = JsonSerializer.Deserialize(json, RecordJson.Default.ItemRecord)!.Owed;

        Assert.Equal(notes.Select(n => n.Id), read.Select(n => n.Id));
        Assert.Null(CodeOf(Owner, read));
        Assert.Equal(notes, Seals.Seal(Owner, notes));
    }
}
