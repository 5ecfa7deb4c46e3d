using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text.Json;
using RecoveryVault.Errors;
using RecoveryVault.Format;
using RecoveryVault.Keys;
using RecoveryVault.Vaults;

namespace RecoveryVault.Records;

/// <summary>
/// Vouches for what a record owes to jobs and log (FORMAT.md, section 6). The record carries no MAC: without this, whoever can write to the
/// store could have the cluster itself put entries of his own invention, under anybody's name, into the authentic log.
/// </summary>
public sealed class NoteSeals(PlatformKeyring? keyring)
{
    /// <summary>
    /// The same without keys: a seal is compared with its note and its MAC is not tested. For reports, never for decisions; seals nothing.
    /// </summary>
    internal static NoteSeals Unverified { get; } = new(keyring: null);

    private PlatformKeyring Keyring => keyring ?? throw new InvalidOperationException("Without keys nothing is sealed.");

    /// <summary>The notes with a seal of the platform key in force each; the very same when they have one.</summary>
    /// <param name="owner">The vault or item whose record holds them.</param>
    public ImmutableArray<OwedNote> Seal(string owner, ImmutableArray<OwedNote> notes) =>
        AreCurrent(notes) ? notes : [.. notes.Select(note => IsCurrent(note) ? note : note with { Seal = SealOf(owner, note) })];

    /// <summary>True when no platform key but the one in force vouches for any of them.</summary>
    public bool AreCurrent(ImmutableArray<OwedNote> notes) => notes.All(IsCurrent);

    /// <exception cref="VaultException">RecordTampered, WrongPlatformKey: nothing of the record counts.</exception>
    public void Require(string owner, ImmutableArray<OwedNote> notes)
    {
        foreach (var note in notes)
        {
            if (note.Seal.Length == 0)
                throw new VaultException(ErrorCodes.RecordTampered, $"The record of {owner} owes an entry that nobody vouches for.");
            try
            {
                if (!CryptographicOperations.FixedTimeEquals(Open(note.Seal), Digest(owner, note)))
                    throw new VaultException(
                        ErrorCodes.RecordTampered,
                        $"The record of {owner} owes an entry that is not the one it was sealed as."
                    );
            }
            catch (FormatFaultException fault)
            {
                throw FormatRefusals.ToVaultException(fault, $"What the record of {owner} owes to its log", isRecord: true);
            }
        }
    }

    private ReadOnlySpan<byte> Open(byte[] seal) =>
        keyring is null ? RecordEnvelope.UnverifiedPayload(seal) : RecordEnvelope.Open(seal, RecordType.Note, keyring.Find);

    private bool IsCurrent(OwedNote note) => RecordEnvelope.TryKeyIdOf(note.Seal, out var id) && id == Keyring.CurrentId;

    private byte[] SealOf(string owner, OwedNote note) => RecordEnvelope.Seal(RecordType.Note, Keyring.Current, Digest(owner, note));

    private static byte[] Digest(string owner, OwedNote note) =>
        SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(new SealedNote(owner, note with { Seal = [] }), RecordJson.Default.SealedNote));
}

/// <summary>What a note's seal is about.</summary>
public sealed record SealedNote(string Owner, OwedNote Note);
