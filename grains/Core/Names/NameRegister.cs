using System.Buffers;
using System.Text.Json;
using RecoveryVault.Errors;
using RecoveryVault.Records;
using RecoveryVault.Storage;

namespace RecoveryVault.Names;

/// <summary>
/// Which id bears a name, as create-only blobs <c>{folder}/{name in lower case}</c>: creating the blob takes the name, deleting it frees
/// it. Names are ASCII by their rules, so lower case is well defined.
/// </summary>
public sealed class NameRegister(IBlobStore store, string folder)
{
    private const int IdLength = 32;

    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdef");

    /// <summary>Takes the name for <paramref name="id"/>; returns who has it then: the caller, or whoever came first.</summary>
    public async Task<NameClaim> ClaimAsync(string name, string id, CancellationToken cancellation = default)
    {
        var claim = new NameClaim(name, id);
        var content = JsonSerializer.SerializeToUtf8Bytes(claim, RecordJson.Default.NameClaim);
        while (true)
        {
            try
            {
                await store.PutAsync(BlobOf(name), new ReadOnlySequence<byte>(content), PutCondition.IfAbsent, cancellation);
                return claim;
            }
            catch (BlobStoreException e) when (e.Error == BlobError.PreconditionFailed)
            {
                // None found: the name was freed at this moment, and is to be had.
                if (await FindAsync(name, cancellation) is { } first)
                    return first;
            }
        }
    }

    public async Task<NameClaim?> FindAsync(string name, CancellationToken cancellation = default) =>
        await store.GetAsync(BlobOf(name), cancellation) is { } blob ? Read(BlobOf(name), blob) : null;

    /// <summary>Frees the name if <paramref name="id"/> has it.</summary>
    public async Task FreeAsync(string name, string id, CancellationToken cancellation = default)
    {
        if (await store.GetAsync(BlobOf(name), cancellation) is not { } blob || Read(BlobOf(name), blob).Id != id)
            return;
        try
        {
            await store.DeleteAsync(BlobOf(name), blob.ETag, cancellation);
        }
        catch (BlobStoreException e) when (e.Error == BlobError.PreconditionFailed)
        {
            // Freed by somebody else, and taken again: it is not this id's any more.
        }
    }

    /// <summary>Frees every name there is.</summary>
    public async Task FreeAllAsync(CancellationToken cancellation = default)
    {
        List<string> names = [];
        await foreach (var blob in store.ListAllAsync($"{folder}/", cancellation))
            names.Add(blob.Name);
        foreach (var name in names)
            await store.DeleteAsync(name, cancellation: cancellation);
    }

    /// <summary>Claims in order of their names in lower case.</summary>
    public async Task<Page<NameClaim>> ListAsync(PageRequest page, CancellationToken cancellation = default)
    {
        var after = page.After is { } name ? BlobOf(name) : null;
        var blobs = await store.ListAsync($"{folder}/", after, Math.Clamp(page.Count, 1, PageRequest.MaxCount), cancellation);
        List<NameClaim> claims = [];
        foreach (var item in blobs.Items)
        {
            if (await store.GetAsync(item.Name, cancellation) is { } blob)
                claims.Add(Read(item.Name, blob));
        }
        return new Page<NameClaim>(claims, blobs.Next?[(folder.Length + 1)..]);
    }

    /// <summary>Both parts become names of other things: what is no claim of this very name goes no further.</summary>
    private NameClaim Read(string blobName, Blob blob)
    {
        var claim = RecordJson.Read(blob.Content.Span, RecordJson.Default.NameClaim);
        if (claim is not { Name.Length: > 0, Id: not null } || !IsId(claim.Id))
            throw new VaultException(ErrorCodes.DataBitRot, $"The record '{blobName}' is no claim of a name any more.");
        return BlobOf(claim.Name) == blobName
            ? claim
            : throw new VaultException(ErrorCodes.RecordTampered, $"The record '{blobName}' claims another name.");
    }

    /// <summary>Vaults and items have ids of one form.</summary>
    private static bool IsId(string id) => id.Length == IdLength && !id.AsSpan().ContainsAnyExcept(HexDigits);

    private string BlobOf(string name) => $"{folder}/{name.ToLowerInvariant()}";
}

/// <summary>A name, as first written, and the id that bears it.</summary>
public sealed record NameClaim(string Name, string Id) : Evolving;
