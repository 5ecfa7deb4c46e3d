using System.Diagnostics;
using RecoveryVault.Telemetry;

namespace RecoveryVault.Keys.Traffic;

/// <summary>A key vault whose calls are counted and traced, by operation and verdict. Of whose key it is only the host is told.</summary>
public sealed class CountedKeyVault(IKeyVault inner, string host, TimeProvider time) : IKeyVault
{
    public Task<KeyVaultKey> GetKeyAsync(string name, string? version, CancellationToken cancellation = default) =>
        CountAsync("get", () => inner.GetKeyAsync(name, version, cancellation));

    public Task<IReadOnlyList<KeyProperties>> ListVersionsAsync(string name, CancellationToken cancellation = default) =>
        CountAsync("list_versions", () => inner.ListVersionsAsync(name, cancellation));

    public Task<WrapResult> WrapKeyAsync(KeyId key, ReadOnlyMemory<byte> keyMaterial, CancellationToken cancellation = default) =>
        CountAsync("wrap", () => inner.WrapKeyAsync(key, keyMaterial, cancellation));

    public Task<SecretBytes> UnwrapKeyAsync(KeyId key, ReadOnlyMemory<byte> encryptedKey, CancellationToken cancellation = default) =>
        CountAsync("unwrap", () => inner.UnwrapKeyAsync(key, encryptedKey, cancellation));

    private async Task<T> CountAsync<T>(string operation, Func<Task<T>> call)
    {
        using var span = VaultTraces.Start($"rvault.keyvault.{operation}", ActivityKind.Client);
        span?.SetTag("server.address", host);
        var started = time.GetTimestamp();
        var verdict = "cancelled";
        try
        {
            var result = await call();
            verdict = "ok";
            return result;
        }
        catch (KeyVaultException e)
        {
            verdict = KeyVaultMeter.NameOf(e.Verdict);
            span.Fail(verdict);
            throw;
        }
        finally
        {
            KeyVaultMeter.Called(host, operation, verdict, time.GetElapsedTime(started));
        }
    }
}
