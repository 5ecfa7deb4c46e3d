using System.Collections.Concurrent;
using System.Diagnostics.Tracing;
using System.Security.Cryptography;
using Azure.Core.Diagnostics;
using RecoveryVault.Keys;
using RecoveryVault.Tests.Security;

namespace RecoveryVault.Tests.DevKeyVault;

/// <summary>
/// A data key goes through our client, its pipeline and the server; whatever any of them logs at its most talkative, or says in a failure,
/// has no byte of it, in any form.
/// </summary>
public sealed class ClientSecrecyTests(ServerStage stage) : IClassFixture<ServerStage>
{
    [Fact]
    public async Task DataKey_OnItsWay_IsInNoLogAndNoFailure()
    {
        ConcurrentQueue<string> said = new();
        using var listener = new AzureEventSourceListener((_, message) => said.Enqueue(message), EventLevel.LogAlways);
        var vault = await stage.CreateAsync();
        var id = KeyId.Parse(await vault.CreateKeyAsync("kek"));
        var canary = RandomNumberGenerator.GetBytes(32);
        var client = vault.Client;

        var wrapped = await client.WrapKeyAsync(id, canary);
        using (var back = await client.UnwrapKeyAsync(id, wrapped.EncryptedKey))
            Assert.Equal(canary, back.Span.ToArray());
        foreach (var fault in (string[])["""{"kind":"ServerError","count":0}""", """{"kind":"Drop","count":0}"""])
        {
            await stage.ManageAsync(HttpMethod.Put, "faults", new[] { System.Text.Json.JsonSerializer.Deserialize<object>(fault) });
            said.Enqueue((await Assert.ThrowsAsync<KeyVaultException>(() => client.WrapKeyAsync(id, canary))).ToString());
            said.Enqueue((await Assert.ThrowsAsync<KeyVaultException>(() => client.UnwrapKeyAsync(id, wrapped.EncryptedKey))).ToString());
        }
        await stage.ManageAsync(HttpMethod.Put, "faults", Array.Empty<object>());
        await vault.SendAsync("PATCH", "keys/kek", new { attributes = new { enabled = false } });
        said.Enqueue((await Assert.ThrowsAsync<KeyVaultException>(() => client.WrapKeyAsync(id, canary))).ToString());

        // The pipeline did speak of these requests.
        Assert.Contains(said, line => line.Contains($"/keys/kek/{id.Version}/unwrapkey", StringComparison.Ordinal));
        var forms = new SecretForms(canary);
        Assert.Empty(forms.FindIn(string.Join('\n', said)));
    }
}
