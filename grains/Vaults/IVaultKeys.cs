using Orleans.Concurrency;
using RecoveryVault.Access;
using RecoveryVault.Items;
using RecoveryVault.Keys;
using RecoveryVault.Rotation;

namespace RecoveryVault.Vaults;

/// <summary>What a vault's items and its rotation ask of it. The vault never calls them back while one of these waits.</summary>
[GrainsOnly, Alias("rv.IVaultKeys")]
public interface IVaultKeys : IGrainWithStringKey
{
    /// <summary>The key in force. Interleaves: an item may ask while the vault waits for that item.</summary>
    [AlwaysInterleave, Alias("GetKeyContext")]
    Task<VaultKeyContext> GetKeyContextAsync();

    /// <summary>
    /// The same, read from storage once more when this activation knows only older generations: whoever asks has seen a newer one.
    /// </summary>
    [AlwaysInterleave, Alias("GetKeyContextSince")]
    Task<VaultKeyContext> GetKeyContextSinceAsync(long generation);

    /// <summary>
    /// Notes what the key vault said to an item: after a denial every item asks again before it uses a key it has in memory. Kept in
    /// memory: whoever is not reached by it asks by himself within ten minutes.
    /// </summary>
    [AlwaysInterleave, Alias("NoteKeyAnswer")]
    Task NoteKeyAnswerAsync(bool isDenied);

    /// <summary>The items a rotation must pass through: enrolled ones, and any whose record lies in storage.</summary>
    [AlwaysInterleave, Alias("GetRoster")]
    Task<IReadOnlyList<ItemId>> GetRosterAsync();

    /// <summary>Has an item pay what it owes to jobs and log; no such item is fine.</summary>
    [AlwaysInterleave, Alias("SettleItem")]
    Task SettleItemAsync(string itemName);

    /// <summary>
    /// Outside a pass: items with something stored that another version wraps. Nobody needs it, but only their grains may clear it away.
    /// </summary>
    [AlwaysInterleave, Alias("ListLeftovers")]
    Task<IReadOnlyList<ItemId>> ListLeftoversAsync();

    /// <summary>
    /// Looks at the key if that is due. Nobody waits for it, and it keeps nobody waiting: silence may take half a minute.
    /// </summary>
    [OneWay, AlwaysInterleave, Alias("CheckKey")]
    Task CheckKeyAsync();

    /// <summary>Makes sure that the key was looked at within the last hour; whatever the look finds, it is no error.</summary>
    [AlwaysInterleave, Alias("EnsureChecked")]
    Task EnsureCheckedAsync();

    /// <summary>Notes that the key vault answered and no newer version is to be used.</summary>
    [Alias("NotePoll")]
    Task NotePollAsync();

    /// <summary>
    /// Announces a checked newer version: it is in force when this returns. Does nothing when the vault has left
    /// <paramref name="fromGeneration"/> behind, or follows that key no more.
    /// </summary>
    [Alias("Announce")]
    Task<VaultKeyContext> AnnounceAsync(long fromGeneration, string keyId, string keyThumbprint);

    /// <summary>Makes sure that the pass under way has a running job: a new one when the process of the old one died.</summary>
    [Alias("EnsureRotationJob")]
    Task<VaultKeyContext> EnsureRotationJobAsync();

    /// <summary>How many items a pass has been through, for whoever looks at its job. Interleaves, and only remembers.</summary>
    [AlwaysInterleave, Alias("NotePass")]
    Task NotePassAsync(int done, int total);

    /// <summary>
    /// Ends the pass of a generation if storage shows that nothing is left of older ones; returns the items that still are.
    /// </summary>
    [Alias("TryFinish")]
    Task<RemainingItems> TryFinishAsync(long generation);

    /// <summary>
    /// Announces the platform key in force, in a vault that has platform-managed keys and is behind; true while a pass through its items
    /// is under way.
    /// </summary>
    [Alias("AnnouncePlatformKey")]
    Task<bool> AnnouncePlatformKeyAsync();

    /// <summary>
    /// Writes the vault's settings anew under the platform key in force, and renews what is superseded; returns how many records that were.
    /// Also of a vault that is deleted: its log must stay readable.
    /// </summary>
    [Alias("RenewRecords")]
    Task<int> RenewRecordsAsync();

    /// <summary>Every item there is, also of a vault that is deleted.</summary>
    [AlwaysInterleave, Alias("ListAllItems")]
    Task<IReadOnlyList<ItemId>> ListAllItemsAsync();
}

/// <summary>Creates a vault's record on behalf of the directory.</summary>
[GrainsOnly, Alias("rv.IVaultCreation")]
public interface IVaultCreation : IGrainWithStringKey
{
    /// <summary>Creates the record; the same request again changes nothing. Null when the vault was deleted.</summary>
    [Alias("Create")]
    Task<VaultSummary?> CreateAsync(CreateVault request);

    /// <summary>The vault's settings, or null when it does not exist or is deleted.</summary>
    [Alias("Find")]
    Task<VaultSummary?> FindAsync();
}
