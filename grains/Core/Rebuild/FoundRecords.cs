using System.Text.Json.Serialization.Metadata;
using RecoveryVault.Errors;
using RecoveryVault.Format;
using RecoveryVault.Records;
using RecoveryVault.Storage;

namespace RecoveryVault.Rebuild;

/// <summary>An authentic record that lies where it belongs.</summary>
/// <param name="Written">By the store's clock: only a hint.</param>
internal sealed record FoundRecord<T>(RecordRef Reference, long Seq, DateTimeOffset Written, T Value)
{
    public string OwnName => AuthenticatedRecords.OwnName(Reference.Name);
}

/// <summary>What a folder of records holds.</summary>
/// <param name="Sound">In ascending order of numbers.</param>
/// <param name="Problems">What is not authentic, damaged or out of place: it proves nothing, and is said.</param>
internal sealed record FoundRecords<T>(IReadOnlyList<FoundRecord<T>> Sound, IReadOnlyList<RebuildProblem> Problems)
{
    public bool IsEmpty => Sound.Count == 0;

    /// <summary>Those of the highest number: more than one where a step died before its commit.</summary>
    public IReadOnlyList<FoundRecord<T>> Newest { get; } = [.. Sound.Where(r => r.Seq == Sound[^1].Seq)];
}

/// <summary>Reads whole folders of authenticated records.</summary>
internal sealed class RecordFolders(IBlobStore store, AuthenticatedRecords records)
{
    /// <param name="isInPlace">Whether a record is about what its folder is about, and of the number in its name.</param>
    public async Task<FoundRecords<T>> ReadAsync<T>(
        string folder,
        RecordType type,
        JsonTypeInfo<T> json,
        Func<T, long, bool> isInPlace,
        CancellationToken cancellation
    )
        where T : class
    {
        List<FoundRecord<T>> sound = [];
        List<RebuildProblem> problems = [];
        await foreach (var blob in store.ListAllAsync($"{folder}/", cancellation))
        {
            try
            {
                if (!AuthenticatedRecords.TrySequenceOf(blob.Name, out var seq))
                    throw OutOfPlace(blob.Name);
                if (await records.FindNamedAsync(blob.Name, type, json, cancellation) is not { } found)
                    continue;
                if (!isInPlace(found.Value, seq))
                    throw OutOfPlace(blob.Name);
                sound.Add(new(found.Reference, seq, blob.LastModified, found.Value));
            }
            catch (VaultException e)
            {
                problems.Add(new(e.Code, $"{e.Message} It is ignored.", e.Recommendation));
            }
            catch (BlobStoreException e) when (e.Error == BlobError.Damaged)
            {
                problems.Add(RebuildProblem.Of(ErrorCodes.DataBitRot, $"{e.Message} It is ignored."));
            }
        }
        return new([.. sound.OrderBy(r => r.Seq).ThenBy(r => r.Reference.Name, StringComparer.Ordinal)], problems);
    }

    private static VaultException OutOfPlace(string name) =>
        new(ErrorCodes.RecordTampered, $"The record '{name}' belongs to another place.");
}
