using RecoveryVault.Keys;
using RecoveryVault.Keys.Rest;

namespace RecoveryVault.Tests.Keys.Rest;

/// <summary>Our client before a service that says what the test wants.</summary>
internal sealed class RestStage : IDisposable
{
    public const string Host = "kv1.vault.azure.net";
    public const string Version = "92d0a9f947d847beaa970b0526eab569";

    private readonly RestKeyVaults _keyVaults;
    private readonly string _host;

    public RestStage(RestOptions? options = null, string host = Host)
    {
        _keyVaults = new RestKeyVaults(options ?? Quick, _ => Credential, TimeProvider.System, Service);
        _host = host;
    }

    /// <summary>No waiting, and as many calls as the test likes.</summary>
    public static RestOptions Quick { get; } =
        new()
        {
            RetryDelay = TimeSpan.FromMilliseconds(1),
            ThrottledPause = TimeSpan.FromMilliseconds(1),
            FirstOutagePause = TimeSpan.FromTicks(1),
            LongestOutagePause = TimeSpan.FromTicks(1),
            UnitsPerTenSeconds = 1_000_000,
        };

    public static KeyId Key { get; } = KeyId.Parse($"https://{Host}/keys/kek/{Version}");

    public StubKeyVault Service { get; } = new();

    public StubCredential Credential { get; } = new();

    public IKeyVault Vault => _keyVaults.Open(_host, "p");

    /// <summary>Past the first contact, so that the next answer is that to the request itself.</summary>
    public RestStage AfterChallenge()
    {
        Service.Challenges();
        return this;
    }

    public async Task<KeyVaultException> RefusalOfUnwrapAsync() =>
        await Assert.ThrowsAsync<KeyVaultException>(() => Vault.UnwrapKeyAsync(Key, new byte[256]));

    public void Dispose() => _keyVaults.Dispose();
}
