namespace RecoveryVault.Keys.Local;

/// <summary>
/// The key permissions of an access policy, by Azure's names; read without regard to case, kept in Azure's spelling and order.
/// </summary>
public static class KeyPermissions
{
    public const string Get = "get";
    public const string List = "list";
    public const string Create = "create";
    public const string Update = "update";
    public const string Delete = "delete";
    public const string Recover = "recover";
    public const string Purge = "purge";
    public const string WrapKey = "wrapKey";
    public const string UnwrapKey = "unwrapKey";
    public const string Rotate = "rotate";
    public const string Import = "import";
    public const string Backup = "backup";
    public const string Restore = "restore";
    public const string Encrypt = "encrypt";
    public const string Decrypt = "decrypt";
    public const string Sign = "sign";
    public const string Verify = "verify";
    public const string GetRotationPolicy = "getrotationpolicy";
    public const string SetRotationPolicy = "setrotationpolicy";

    /// <summary>Stands for every permission but <see cref="Purge"/>, which must be given by name.</summary>
    public const string All = "all";

    private static readonly string[] Names =
    [
        Get,
        List,
        Create,
        Update,
        Import,
        Delete,
        Backup,
        Restore,
        Recover,
        Purge,
        Encrypt,
        Decrypt,
        WrapKey,
        UnwrapKey,
        Sign,
        Verify,
        Rotate,
        GetRotationPolicy,
        SetRotationPolicy,
        All,
    ];

    /// <summary>Whether a policy's canonical names give a permission.</summary>
    internal static bool Grants(IReadOnlyList<string> permissions, string permission) =>
        permissions.Contains(permission) || (permission != Purge && permissions.Contains(All));

    /// <summary>The canonical names of a set of permissions, each once.</summary>
    /// <exception cref="KeyVaultException">400: a name is none of Azure's.</exception>
    internal static IReadOnlyList<string> Canonical(IEnumerable<string> permissions)
    {
        var asked = permissions.ToHashSet(StringComparer.OrdinalIgnoreCase);
        var unknown = asked.FirstOrDefault(name => !Names.Contains(name, StringComparer.OrdinalIgnoreCase));
        if (unknown is not null)
            throw KeyVaultRefusal.BadRequest($"'{unknown}' is no key permission. Want some of: {string.Join(' ', Names)}.");
        return [.. Names.Where(asked.Contains)];
    }
}
