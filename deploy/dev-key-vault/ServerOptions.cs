using System.Security.Cryptography;

namespace RecoveryVault.DevKeyVault;

/// <summary>How the development Key Vault is set up.</summary>
public sealed record ServerOptions
{
    /// <summary>Certificates, token keys, audit log: made when missing, for their owner only.</summary>
    public required string DataPath { get; init; }

    /// <summary>
    /// The keys store. That of a store of <c>rvault</c> can be served: then <c>rvault keyvault</c> manages what is served. Default: below
    /// <see cref="DataPath"/>.
    /// </summary>
    public string? KeysPath { get; init; }

    /// <summary>Where key vaults are served, on 127.0.0.1 over TLS; 0: a free port.</summary>
    public int Port { get; init; }

    /// <summary>Where tokens are given, on 127.0.0.1 over HTTP, as managed identity endpoints are; 0: a free port.</summary>
    public int IdentityPort { get; init; }

    /// <summary>
    /// Also answers as the instance metadata service does, which has no secret: any process of this machine gets any identity's token.
    /// </summary>
    public bool ServesImds { get; init; }

    /// <summary>
    /// Refuses with 429 what goes beyond Key Vault's documented limits of transactions. Off: the first limit that tests would meet is on
    /// new keys, twenty in ten seconds.
    /// </summary>
    public bool EnforcesLimits { get; init; }

    /// <summary>How long tokens are valid, 1 s to 1 day: short, so that a deleted identity is soon without one.</summary>
    public TimeSpan TokenLifetime { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Makes RSA keys of so many bits; null: fresh random ones.</summary>
    internal Func<int, RSA>? GenerateRsa { get; init; }
}
