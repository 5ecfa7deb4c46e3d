using System.Buffers;
using System.Text.Json;
using RecoveryVault.Errors;
using RecoveryVault.Names;
using RecoveryVault.Records;
using RecoveryVault.Storage;

namespace RecoveryVault.Rebuild;

/// <summary>Makes names lead to their bearers again. The register is not authenticated; what bears the names is.</summary>
internal sealed class NameRepair(IBlobStore store, bool isDryRun)
{
    private readonly Dictionary<string, string> _bearers = new(StringComparer.Ordinal);

    public List<RebuildProblem> Problems { get; } = [];

    /// <returns>How many had to be made again: 1 or 0.</returns>
    public async Task<int> EnsureAsync(string folder, string name, string id, CancellationToken cancellation)
    {
        var blob = $"{folder}/{name.ToLowerInvariant()}";
        if (!_bearers.TryAdd(blob, id))
        {
            Problems.Add(
                RebuildProblem.Of(
                    ErrorCodes.RecordTampered,
                    $"Both {_bearers[blob]} and {id} are called '{name}'; the name leads to the first."
                )
            );
            return 0;
        }
        var (claim, condition) = await ReadAsync(blob, cancellation);
        if (claim?.Id == id && string.Equals(claim.Name, name, StringComparison.OrdinalIgnoreCase))
            return 0;
        var content = JsonSerializer.SerializeToUtf8Bytes(new NameClaim(name, id), RecordJson.Default.NameClaim);
        if (!isDryRun)
            await store.PutAsync(blob, new ReadOnlySequence<byte>(content), condition, cancellation);
        return 1;
    }

    private async Task<(NameClaim? Claim, PutCondition Condition)> ReadAsync(string name, CancellationToken cancellation)
    {
        try
        {
            if (await store.GetAsync(name, cancellation) is not { } blob)
                return (null, PutCondition.IfAbsent);
            return (Parse(blob), PutCondition.IfMatch(blob.ETag));
        }
        catch (BlobStoreException e) when (e.Error == BlobError.Damaged)
        {
            return (null, PutCondition.Always);
        }
    }

    private static NameClaim? Parse(Blob blob)
    {
        try
        {
            return RecordJson.Read(blob.Content.Span, RecordJson.Default.NameClaim);
        }
        catch (JsonException e) when (e is not LaterRecordException)
        {
            return null;
        }
    }
}
