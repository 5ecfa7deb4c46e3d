using RecoveryVault.Errors;
using RecoveryVault.Keys;
using RecoveryVault.KeyVaults;
using RecoveryVault.Tests.Storage;

namespace RecoveryVault.Tests.KeyVaults;

/// <summary>How the environment says where key vaults are and who asks.</summary>
public sealed class KeyVaultAccessTests
{
    [Theory]
    [InlineData("127.0.0.1:8443")]
    [InlineData("http://127.0.0.1:8443")]
    [InlineData("https://127.0.0.1:8443/path")]
    [InlineData("https://user@127.0.0.1:8443")]
    [InlineData("https://")]
    public void Endpoint_OfAnotherForm_IsRefused(string endpoint) => AssertRefused((KeyVaultAccess.EndpointVariable, endpoint));

    [Fact]
    public void Roots_WithoutEndpoint_AreRefused() => AssertRefused((KeyVaultAccess.RootsVariable, "/ca.pem"));

    [Fact]
    public void Roots_ThatCannotBeRead_AreRefused()
    {
        using var place = new ScratchDirectory();
        var empty = Path.Combine(place.Path, "empty.pem");
        File.WriteAllText(empty, "no certificate");
        foreach (var file in (string[])[empty, Path.Combine(place.Path, "missing.pem"), place.Path])
            AssertRefused((KeyVaultAccess.EndpointVariable, "https://127.0.0.1:1"), (KeyVaultAccess.RootsVariable, file));
    }

    [Theory]
    [InlineData("0")]
    [InlineData("101")]
    [InlineData("-1")]
    [InlineData("25%")]
    [InlineData("a quarter")]
    public void Share_ThatIsNone_IsRefused(string percent) => AssertRefused((KeyVaultAccess.ShareVariable, percent));

    [Fact]
    public async Task LocalHost_WithoutEndpoint_IsTheLocalKeyVault()
    {
        var opened = "";
        var connector = Read()
            .Connect(
                (host, principal) =>
                {
                    opened = $"{host} {principal}";
                    return new SilentKeyVault();
                },
                TimeProvider.System
            );

        await connector.Open(KeyId.Parse("https://kv1.vault.localhost/keys/k"), "p").GetKeyAsync("k", null);

        Assert.Equal("kv1.vault.localhost p", opened);
    }

    [Fact]
    public void AzureHost_WithoutAnyCredential_OpensWithoutAskingForOne()
    {
        var connector = Read().Connect((_, _) => throw new InvalidOperationException(), TimeProvider.System);

        Assert.NotNull(connector.Open(KeyId.Parse("https://kv1.vault.azure.net/keys/k"), "p"));
    }

    [Fact]
    public async Task LocalHost_WithEndpoint_IsTheServer()
    {
        var access = Read((KeyVaultAccess.EndpointVariable, "https://127.0.0.1:1"));
        var connector = access.Connect((_, _) => throw new InvalidOperationException(), TimeProvider.System);

        Assert.True(access.UsesServer);
        var refusal = await Assert.ThrowsAsync<KeyVaultException>(() =>
            connector.Open(KeyId.Parse("https://kv1.vault.localhost/keys/k"), "p").GetKeyAsync("k", null)
        );
        Assert.Equal((KeyVaultFault.Unreachable, KeyVaultVerdict.Unreachable), (refusal.Fault, refusal.Verdict));
    }

    private static KeyVaultAccess Read(params (string Name, string Value)[] variables) =>
        KeyVaultAccess.Read(name => variables.FirstOrDefault(v => v.Name == name).Value);

    private static void AssertRefused(params (string Name, string Value)[] variables)
    {
        var refusal = Assert.Throws<VaultException>(() => Read(variables));
        Assert.Equal(ErrorCodes.InvalidRequest, refusal.Code);
        Assert.StartsWith(variables[^1].Name, refusal.Message, StringComparison.Ordinal);
    }

    private sealed class SilentKeyVault : IKeyVault
    {
        public Task<KeyVaultKey> GetKeyAsync(string name, string? version, CancellationToken cancellation = default) =>
            Task.FromResult<KeyVaultKey>(null!);

        public Task<IReadOnlyList<KeyProperties>> ListVersionsAsync(string name, CancellationToken cancellation = default) =>
            throw new InvalidOperationException();

        public Task<WrapResult> WrapKeyAsync(KeyId key, ReadOnlyMemory<byte> keyMaterial, CancellationToken cancellation = default) =>
            throw new InvalidOperationException();

        public Task<SecretBytes> UnwrapKeyAsync(KeyId key, ReadOnlyMemory<byte> encryptedKey, CancellationToken cancellation = default) =>
            throw new InvalidOperationException();
    }
}
