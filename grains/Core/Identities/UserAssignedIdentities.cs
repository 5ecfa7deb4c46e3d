using System.Buffers;
using System.Text.Json;
using System.Text.RegularExpressions;
using RecoveryVault.Errors;
using RecoveryVault.Storage;

namespace RecoveryVault.Identities;

/// <summary>
/// User-assigned identities in a keys store: <c>identities/{name}.json</c>. A name used again is another identity with other ids; the
/// object ids of deleted ones are kept (<c>deleted-identities/{objectId}</c>), so that they never work again.
/// </summary>
/// <param name="keys">The keys store.</param>
/// <param name="tenantId">The tenant of new identities.</param>
public sealed partial class UserAssignedIdentities(IBlobStore keys, string tenantId)
{
    private const string Prefix = "identities/";
    private const string DeletedPrefix = "deleted-identities/";
    private const string Extension = ".json";
    private const string ResourcePrefix =
        "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/local/providers/Microsoft.ManagedIdentity/userAssignedIdentities/";

    /// <exception cref="VaultException">InvalidName.</exception>
    public static void RequireName(string name)
    {
        if (!NameGrammar().IsMatch(name))
            throw new VaultException(
                ErrorCodes.InvalidName,
                $"'{name}' is no name of an identity: 1 to 128 letters, digits, hyphens and underscores, first a letter or digit."
            );
    }

    /// <summary>Whether a resource id is one that this kind of store gives out.</summary>
    public static bool IsLocalId(string id) => id.StartsWith(ResourcePrefix, StringComparison.OrdinalIgnoreCase);

    /// <summary>Creates an identity, or shows the one that bears the name, as <c>az identity create</c> does.</summary>
    /// <exception cref="VaultException">InvalidName.</exception>
    public async Task<UserAssignedIdentity> CreateAsync(string name, CancellationToken cancellation = default)
    {
        RequireName(name);
        var made = new UserAssignedIdentity(ResourcePrefix + name, name, Guid.NewGuid().ToString(), Guid.NewGuid().ToString(), tenantId);
        var content = JsonSerializer.SerializeToUtf8Bytes(made, IdentityJson.Default.UserAssignedIdentity);
        try
        {
            await keys.PutAsync(BlobOf(name), new ReadOnlySequence<byte>(content), PutCondition.IfAbsent, cancellation);
            return made;
        }
        catch (BlobStoreException taken) when (taken.Error == BlobError.PreconditionFailed)
        {
            return await FindAsync(name, cancellation) ?? made;
        }
    }

    /// <summary>By name or resource id; null when there is none.</summary>
    public async Task<UserAssignedIdentity?> FindAsync(string nameOrId, CancellationToken cancellation = default)
    {
        var name = nameOrId.StartsWith(ResourcePrefix, StringComparison.OrdinalIgnoreCase) ? nameOrId[ResourcePrefix.Length..] : nameOrId;
        if (!NameGrammar().IsMatch(name) || await keys.GetAsync(BlobOf(name), cancellation) is not { } blob)
            return null;
        try
        {
            return JsonSerializer.Deserialize(blob.Content.Span, IdentityJson.Default.UserAssignedIdentity);
        }
        catch (JsonException e)
        {
            throw new BlobStoreException(BlobError.Damaged, $"'{BlobOf(name)}' is damaged: {e.Message}");
        }
    }

    /// <summary>All of them, by name.</summary>
    public async Task<IReadOnlyList<UserAssignedIdentity>> ListAsync(CancellationToken cancellation = default)
    {
        var found = new List<UserAssignedIdentity>();
        string? after = null;
        do
        {
            var page = await keys.ListAsync(Prefix, after, cancellation: cancellation);
            foreach (var item in page.Items.Where(i => i.Name.EndsWith(Extension, StringComparison.Ordinal)))
            {
                if (await FindAsync(item.Name[Prefix.Length..^Extension.Length], cancellation) is { } identity)
                    found.Add(identity);
            }
            after = page.Next;
        } while (after is not null);
        return found;
    }

    /// <summary>Deletes an identity for ever; false when there was none. Tokens it has end by themselves.</summary>
    public async Task<bool> DeleteAsync(string nameOrId, CancellationToken cancellation = default)
    {
        if (await FindAsync(nameOrId, cancellation) is not { } identity)
            return false;
        // The mark first: whoever dies in between leaves an identity that can be deleted again, not one that lives on.
        await keys.PutAsync(DeletedPrefix + identity.PrincipalId, ReadOnlySequence<byte>.Empty, PutCondition.Always, cancellation);
        return await keys.DeleteAsync(BlobOf(identity.Name), cancellation: cancellation);
    }

    /// <summary>Whether an object id was that of an identity that is deleted.</summary>
    public async Task<bool> WasDeletedAsync(string principalId, CancellationToken cancellation = default) =>
        Guid.TryParse(principalId, out var id) && await keys.GetAsync($"{DeletedPrefix}{id}", cancellation) is not null;

    private static string BlobOf(string name) => $"{Prefix}{name.ToLowerInvariant()}{Extension}";

    [GeneratedRegex(@"\A[A-Za-z0-9][A-Za-z0-9_-]{0,127}\z", RegexOptions.CultureInvariant)]
    private static partial Regex NameGrammar();
}
