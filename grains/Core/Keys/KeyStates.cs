namespace RecoveryVault.Keys;

/// <summary>What state each key version is in now, in words for people.</summary>
public static class KeyStates
{
    public const string Enabled = nameof(Enabled);
    public const string Disabled = nameof(Disabled);
    public const string Expired = nameof(Expired);
    public const string NotYetValid = nameof(NotYetValid);
    public const string Deleted = nameof(Deleted);

    /// <summary>The key vault could not be asked.</summary>
    public const string Unknown = nameof(Unknown);

    /// <param name="keyIds">Full ids, platform keys among them.</param>
    /// <param name="open">Opens a key's key vault; null when there is no identity to ask with.</param>
    /// <param name="now">Compared with the versions' time windows.</param>
    public static async Task<IReadOnlyDictionary<string, string>> ReadAsync(
        IEnumerable<string> keyIds,
        Func<KeyId, IKeyVault?> open,
        DateTimeOffset now
    )
    {
        Dictionary<string, string> states = [];
        foreach (var keyId in keyIds)
            states[keyId] = KeyVersions.IsPlatform(keyId) ? Enabled : await ReadAsync(KeyId.Parse(keyId), open, now);
        return states;
    }

    private static async Task<string> ReadAsync(KeyId keyId, Func<KeyId, IKeyVault?> open, DateTimeOffset now)
    {
        if (open(keyId) is not { } keyVault)
            return Unknown;
        try
        {
            var properties = (await keyVault.GetKeyAsync(keyId.Name, keyId.Version)).Properties;
            if (!properties.Enabled)
                return Disabled;
            if (properties.ExpiresOn <= now)
                return Expired;
            return properties.NotBefore > now ? NotYetValid : Enabled;
        }
        catch (KeyVaultException fault)
        {
            return fault.Fault == KeyVaultFault.KeyNotFound ? Deleted : Unknown;
        }
    }
}
