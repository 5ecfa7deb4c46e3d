using RecoveryVault.Keys.Local;

namespace RecoveryVault.DevKeyVault.Rest;

/// <summary>What a request asks for: its name in the audit log, and what of the path names a key and a version.</summary>
internal sealed record KeyOperation(string Name, string? Key = null, string? Version = null)
{
    /// <summary>A request that is none of the API's.</summary>
    public static KeyOperation Unknown { get; } = new("Unknown");

    public static KeyOperation Of(string method, string[] path) =>
        (method, path) switch
        {
            ("GET", ["keys"]) => new("KeyList"),
            ("POST", ["keys", "restore"]) => new("KeyRestore"),
            ("GET", ["keys", var n, "versions"]) => new("KeyListVersions", n),
            ("GET", ["keys", var n, "rotationpolicy"]) => new("KeyRotationPolicyGet", n),
            ("PUT", ["keys", var n, "rotationpolicy"]) => new("KeyRotationPolicySet", n),
            ("POST", ["keys", var n, "create"]) => new("KeyCreate", n),
            ("POST", ["keys", var n, "rotate"]) => new("KeyRotate", n),
            ("POST", ["keys", var n, "backup"]) => new("KeyBackup", n),
            ("POST", ["keys", var n, var o]) when Cryptographic(o) is { } name => new(name, n),
            ("POST", ["keys", var n, var v, var o]) when Cryptographic(o) is { } name => new(name, n, v),
            ("GET", ["keys", var n]) => new("KeyGet", n),
            ("GET", ["keys", var n, var v]) => new("KeyGet", n, v),
            ("PUT", ["keys", var n]) => new("KeyImport", n),
            ("PATCH", ["keys", var n]) => new("KeyUpdate", n),
            ("PATCH", ["keys", var n, var v]) => new("KeyUpdate", n, v),
            ("DELETE", ["keys", var n]) => new("KeyDelete", n),
            ("GET", ["deletedkeys"]) => new("KeyListDeleted"),
            ("GET", ["deletedkeys", var n]) => new("KeyGetDeleted", n),
            ("POST", ["deletedkeys", var n, "recover"]) => new("KeyRecover", n),
            ("DELETE", ["deletedkeys", var n]) => new("KeyPurge", n),
            // No secrets are kept here; what asks for one learns that it got in and that there is none.
            ("GET", ["secrets", var n, ..]) => new("SecretGet", n),
            _ => Unknown,
        };

    /// <summary>What the caller needs for it; null: nothing but a token.</summary>
    public string? Permission =>
        Name switch
        {
            "KeyList" or "KeyListVersions" or "KeyListDeleted" => KeyPermissions.List,
            "KeyGet" or "KeyGetDeleted" => KeyPermissions.Get,
            "KeyCreate" => KeyPermissions.Create,
            "KeyImport" => KeyPermissions.Import,
            "KeyUpdate" => KeyPermissions.Update,
            "KeyDelete" => KeyPermissions.Delete,
            "KeyRecover" => KeyPermissions.Recover,
            "KeyPurge" => KeyPermissions.Purge,
            "KeyRotate" => KeyPermissions.Rotate,
            "KeyRotationPolicyGet" => KeyPermissions.GetRotationPolicy,
            "KeyRotationPolicySet" => KeyPermissions.SetRotationPolicy,
            "KeyBackup" => KeyPermissions.Backup,
            "KeyRestore" => KeyPermissions.Restore,
            "KeyWrap" => KeyPermissions.WrapKey,
            "KeyUnwrap" => KeyPermissions.UnwrapKey,
            "KeyEncrypt" => KeyPermissions.Encrypt,
            "KeyDecrypt" => KeyPermissions.Decrypt,
            "KeySign" => KeyPermissions.Sign,
            "KeyVerify" => KeyPermissions.Verify,
            _ => null,
        };

    private static string? Cryptographic(string operation) =>
        operation.ToLowerInvariant() switch
        {
            "wrapkey" => "KeyWrap",
            "unwrapkey" => "KeyUnwrap",
            "encrypt" => "KeyEncrypt",
            "decrypt" => "KeyDecrypt",
            "sign" => "KeySign",
            "verify" => "KeyVerify",
            _ => null,
        };
}
