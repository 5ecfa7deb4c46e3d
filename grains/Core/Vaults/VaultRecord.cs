using System.Collections.Immutable;
using System.Text.Json.Serialization;
using RecoveryVault.Errors;
using RecoveryVault.Items;
using RecoveryVault.Records;

namespace RecoveryVault.Vaults;

/// <summary>
/// A vault as its grain keeps it. Every change is a method that returns the next record or throws a coded refusal and touches nothing:
/// created → identity on → key assigned → items attempted and enrolled → keys rotated → deleted.
/// </summary>
public sealed partial record VaultRecord : Evolving, IVersionedRecord
{
    [JsonPropertyOrder(-1)]
    public int Schema { get; init; } = RecordSchema.Current;

    public required VaultId VaultId { get; init; }

    public required VaultSettings Settings { get; init; }

    /// <summary>The descriptor that holds <see cref="Settings"/> outside this record.</summary>
    public RecordRef? Descriptor { get; init; }

    /// <summary>Enrolled items, in order of enrolment.</summary>
    public ImmutableArray<ItemId> Roster
    {
        get;
        init => field = RecordJson.ListOf(value);
    } = [];

    /// <summary>When the key vault last answered a look for a newer version.</summary>
    public DateTimeOffset? LastPolledAt { get; init; }

    /// <summary>The job of the rotation under way, or of the last one.</summary>
    public Guid? RotationJobId { get; init; }

    /// <summary>The newest operations and the job each of them made, so that a repeated request does nothing twice.</summary>
    public ImmutableArray<DoneOperation> RecentOperations
    {
        get;
        init => field = RecordJson.ListOf(value);
    } = [];

    /// <summary>A vault's limit; a second vault is the way on.</summary>
    public const int MaxItems = 2000;

    public const int MaxTags = 15;

    /// <summary>How many operations are remembered.</summary>
    public const int MaxRecentOperations = 32;

    public static VaultRecord Create(VaultId vaultId, CreateVault request, string tenantId, string platformKeyId, DateTimeOffset now)
    {
        Require(request);
        var first = new KeyUse(1, platformKeyId, "", now);
        return new VaultRecord
        {
            VaultId = vaultId,
            Settings = new VaultSettings
            {
                Name = request.Name,
                Location = request.Location,
                ResourceGroup = request.ResourceGroup,
                SubscriptionId = request.SubscriptionId,
                Tags = request.Tags.ToImmutableSortedDictionary(StringComparer.Ordinal),
                CreatedAt = now,
                TenantId = tenantId,
                Encryption = new EncryptionSettings { Current = first, History = [first] },
            },
        };
    }

    /// <summary>What can be refused of a request before anything is done for it, its name included.</summary>
    public static void Require(CreateVault request)
    {
        VaultName.Require(request.Name);
        RequireText(request.Location, "location", 1, 64);
        RequireText(request.ResourceGroup, "resource group", 0, 90);
        RequireText(request.SubscriptionId, "subscription", 0, 64);
        if (request.Tags.Count > MaxTags)
            throw Invalid($"A vault has at most {MaxTags} tags, got {request.Tags.Count}.");
        foreach (var (key, value) in request.Tags)
        {
            RequireText(key, "tag name", 1, 256);
            RequireText(value, "tag value", 0, 256);
        }
    }

    /// <param name="reason">At most 1024 characters.</param>
    /// <param name="emptied">The roster that was found to have nothing left in it.</param>
    public VaultRecord Delete(string reason, ImmutableArray<ItemId> emptied)
    {
        RequireText(reason, "reason", 0, 1024);
        return Roster.All(emptied.Contains)
            ? this with
            {
                Settings = Settings with { Deleted = true },
            }
            : throw new VaultException(
                ErrorCodes.VaultNotEmpty,
                $"Vault '{Settings.Name}' has {Roster.Count(i => !emptied.Contains(i))} item(s)."
            );
    }

    /// <summary>
    /// R62: only a vault with platform-managed keys moves to another resource group or subscription. R63: any moves to another tenant.
    /// </summary>
    public VaultRecord Move(MoveVault request)
    {
        if (
            Settings.Encryption.IsCustomerManaged
            && (request.ResourceGroup ?? request.SubscriptionId ?? (request.TenantId is null ? "" : null)) is not null
        )
            throw new VaultException(
                ErrorCodes.UserErrorCMKVaultMoveNotSupported,
                $"Vault '{Settings.Name}' has a customer-managed key and cannot be moved."
            );
        RequireText(request.ResourceGroup ?? "", "resource group", 0, 90);
        RequireText(request.SubscriptionId ?? "", "subscription", 0, 64);
        var moved = request.TenantId is { } tenantId ? MoveToTenant(tenantId) : this;
        return moved with
        {
            Settings = moved.Settings with
            {
                ResourceGroup = request.ResourceGroup ?? Settings.ResourceGroup,
                SubscriptionId = request.SubscriptionId ?? Settings.SubscriptionId,
            },
        };
    }

    /// <summary>Remembers that an operation was done, dropping the oldest.</summary>
    public VaultRecord Remember(Guid operationId, Guid jobId)
    {
        var done = new DoneOperation(operationId, jobId);
        return this with
        {
            RecentOperations = [.. RecentOperations.Where(o => o.OperationId != operationId).TakeLast(MaxRecentOperations - 1), done],
        };
    }

    /// <summary>The job of an operation done before; null when it is new.</summary>
    public Guid? JobOf(Guid operationId) => RecentOperations.FirstOrDefault(o => o.OperationId == operationId)?.JobId;

    private static void RequireText(string text, string what, int min, int max)
    {
        if (text.Length < min || text.Length > max || text.Any(char.IsControl))
            throw Invalid($"A {what} has {min} to {max} printable characters, got {text.Length}.");
    }

    private static VaultException Invalid(string message) => new(ErrorCodes.InvalidRequest, message);
}

/// <summary>An operation id and the job it made.</summary>
public sealed record DoneOperation(Guid OperationId, Guid JobId);
