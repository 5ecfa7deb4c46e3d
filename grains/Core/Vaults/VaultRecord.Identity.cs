using System.Collections.Immutable;
using RecoveryVault.Errors;
using RecoveryVault.Identities;
using RecoveryVault.Keys;

namespace RecoveryVault.Vaults;

public sealed partial record VaultRecord
{
    /// <summary>Bounds the record.</summary>
    public const int MaxUserIdentities = 20;

    /// <summary>What can be refused of a request before anything is looked up for it.</summary>
    public static void Require(ChangeIdentity request)
    {
        if (!request.SystemAssigned && request.UserAssigned.Count == 0)
            throw Invalid("No identity is named.");
        if (request.UserAssigned.Count > MaxUserIdentities)
            throw Invalid($"A vault has at most {MaxUserIdentities} user-assigned identities.");
        foreach (var id in request.UserAssigned)
            RequireText(id, "identity", 1, 400);
    }

    /// <summary>Whom the key vault sees; null without the identity that opens the key.</summary>
    public string? KeyPrincipal =>
        IsIdentityForeign ? null
        : Settings.Encryption.UserIdentityId is { } id
            ? Settings.UserIdentities.FirstOrDefault(i => i.Is(id)) is { } user
                    ? (user.Principal with { TenantId = PrincipalTenant }).ToString()
                : null
        : Settings.SystemPrincipalId is { } principal ? new VaultPrincipal(principal, false, PrincipalTenant).ToString()
        : null;

    /// <summary>
    /// R24: switches the system-assigned identity on; the caller gives it a fresh object id. On already: nothing changes.
    /// </summary>
    public VaultRecord AssignSystemIdentity(string newPrincipalId) =>
        Settings.SystemPrincipalId is null || IsForeign(Settings.SystemTenantId)
            ? this with
            {
                Settings = Settings with { SystemPrincipalId = newPrincipalId, SystemTenantId = null },
            }
            : this;

    /// <summary>
    /// R24: several user-assigned identities may be given to a vault; one that is there already stays as it is. R23: one that was deleted
    /// and made again has another object id, and giving it to the vault again puts that in place of the old one.
    /// </summary>
    public VaultRecord AssignUserIdentities(IEnumerable<UserAssignedIdentity> identities)
    {
        var given = identities
            .DistinctBy(i => i.Id, StringComparer.OrdinalIgnoreCase)
            .Select(i => new UserIdentity(i.Id, i.PrincipalId, i.ClientId))
            .ToList();
        var kept = Settings.UserIdentities.Select(known => Renewed(known, given));
        var next = kept.Concat(given.Where(g => !Settings.UserIdentities.Any(known => known.Is(g.Id)))).ToImmutableArray();
        if (next.SequenceEqual(Settings.UserIdentities))
            return this;
        return next.Length <= MaxUserIdentities
            ? this with
            {
                Settings = Settings with { UserIdentities = next },
            }
            : throw Invalid($"A vault has at most {MaxUserIdentities} user-assigned identities.");
    }

    private static UserIdentity Renewed(UserIdentity known, IEnumerable<UserIdentity> given) =>
        given.FirstOrDefault(g => g.Is(known.Id) && g.PrincipalId.Length > 0) is { } again
        && !again.PrincipalId.Equals(known.PrincipalId, StringComparison.OrdinalIgnoreCase)
            ? known with
            {
                PrincipalId = again.PrincipalId,
                ClientId = again.ClientId,
                TenantId = null,
            }
            : known;

    /// <summary>R23: the identity that opens the customer-managed key stays.</summary>
    public VaultRecord RemoveSystemIdentity()
    {
        if (Settings.Encryption is { IsCustomerManaged: true, UserIdentityId: null })
            throw InUse("The system-assigned identity");
        return Settings.SystemPrincipalId is null ? this : this with { Settings = Settings with { SystemPrincipalId = null } };
    }

    /// <summary>R23, for user-assigned ones, by name or id. One that is not there is no error.</summary>
    public VaultRecord RemoveUserIdentities(IReadOnlyCollection<string> namesOrIds)
    {
        var removed = Settings.UserIdentities.Where(i => namesOrIds.Any(i.Is)).ToList();
        if (Settings.Encryption is { IsCustomerManaged: true, UserIdentityId: { } id } && removed.Any(i => i.Is(id)))
            throw InUse($"The user-assigned identity {id}");
        return removed.Count == 0
            ? this
            : this with
            {
                Settings = Settings with { UserIdentities = Settings.UserIdentities.RemoveRange(removed) },
            };
    }

    /// <summary>
    /// R21, R22, R27: the identity a key is to be opened with, as the request says: a user-assigned one of this vault, the system-assigned
    /// one, or the one in use.
    /// </summary>
    public VaultRecord UseIdentity(UpdateEncryption request)
    {
        if (request.UserAssignedIdentity is not null && request.UseSystemAssignedIdentity)
            throw Invalid("Either the system-assigned identity opens the key or a user-assigned one, not both.");
        var old = Settings.Encryption.UserIdentityId;
        var next =
            request.UseSystemAssignedIdentity ? null
            : request.UserAssignedIdentity is { } asked ? RequireUserIdentity(asked).Id
            : old;
        if (next == old)
            return this;
        if (next is not null)
            RequireNoPrivateEndpoints();
        if (Settings.Encryption.IsCustomerManaged && request.KeyUri != Settings.Encryption.KeyUri)
            throw Invalid("Key and identity cannot be changed in one request: change the identity first, with the key URI as it is.");
        return this with { Settings = Settings with { Encryption = Settings.Encryption with { UserIdentityId = next } } };
    }

    public VaultIdentity ToIdentity() =>
        new()
        {
            Type = (Settings.SystemPrincipalId, Settings.UserIdentities.Length) switch
            {
                (null, 0) => IdentityTypes.None,
                (null, _) => IdentityTypes.UserAssigned,
                (_, 0) => IdentityTypes.SystemAssigned,
                _ => IdentityTypes.Both,
            },
            PrincipalId = Settings.SystemPrincipalId,
            TenantId = Settings.SystemPrincipalId is null ? null : Settings.SystemTenantId ?? Settings.TenantId,
            UserAssigned = [.. Settings.UserIdentities.Select(i => new AssignedIdentity(i.Id, i.PrincipalId, i.ClientId))],
        };

    private UserIdentity RequireUserIdentity(string nameOrId) =>
        Settings.UserIdentities.FirstOrDefault(i => i.Is(nameOrId))
        ?? throw new VaultException(
            ErrorCodes.UserErrorCMKVaultIdentityMissing,
            $"The user-assigned identity '{nameOrId}' is not assigned to vault '{Settings.Name}'.",
            $"Run 'rvault vault identity assign --name {Settings.Name} --user-assigned {nameOrId}'."
        );

    private VaultException InUse(string which) =>
        new(ErrorCodes.UserErrorCMKIdentityInUse, $"{which} opens the customer-managed key of vault '{Settings.Name}'.");
}
