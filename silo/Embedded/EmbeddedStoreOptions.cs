namespace RecoveryVault.Embedded;

/// <summary>Where an embedded process finds its store and keys, and how it opens them.</summary>
public sealed record EmbeddedStoreOptions
{
    public required string StorePath { get; init; }

    /// <summary>The keys directory; null: <c>~/.config/recoveryvault/stores/{storeId}</c>.</summary>
    public string? KeysPath { get; init; }

    /// <summary>Make the store when the place is empty.</summary>
    public bool Create { get; init; }

    /// <summary>How long to wait for another process.</summary>
    public TimeSpan Wait { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>What this process does, for others who wait for it.</summary>
    public required string Command { get; init; }

    /// <summary>Do not wait for a process that serves the store: <see cref="StoreServedException"/> says where it does.</summary>
    public bool LeavesToServer { get; init; }

    /// <summary>Work on the store together with the other silos of this cluster; null: alone.</summary>
    public string? Cluster { get; init; }

    /// <summary>What a store that is made is called in a cluster's configuration.</summary>
    public string ServiceId { get; init; } = "rvault";

    /// <summary>Called once when another process holds the store.</summary>
    public Action<string>? OnWaiting { get; init; }

    /// <summary>The user's home; tests give their own.</summary>
    public string Home { get; init; } = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
}
