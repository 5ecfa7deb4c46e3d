using System.Collections.Concurrent;
using RecoveryVault.Keys;
using RecoveryVault.Keys.Rest;
using RecoveryVault.Keys.Traffic;

namespace RecoveryVault.Tests.Rotation.Scale;

/// <summary>
/// Key vaults of RSA-3072 keys that answer in a tenth of a second, behind the very gate, token bucket and forgetting of principals that
/// stand before Azure's. Wrapping is a mere exclusive or: what is simulated is the traffic.
/// </summary>
internal sealed class SimulatedKeyVaults(Simulation simulation, SimulationFigures figures, RestOptions options)
{
    public const string KeyName = "kek";

    private const int WrappedBytes = 384;
    private static readonly TimeSpan Latency = TimeSpan.FromMilliseconds(100);

    private readonly ConcurrentDictionary<string, Traffic> _traffic = [];
    private readonly IdleMap<(string Host, string Principal), bool> _principals = new(
        options.Idle,
        options.MostPrincipals,
        simulation.Time
    );

    private sealed record Traffic(KeyVaultGate Gate, CallBudget Budget);

    /// <summary>How many versions each key has.</summary>
    public int Versions { get; set; } = 1;

    /// <summary>While the vaults are being made nobody waits, and nothing is counted.</summary>
    public bool IsFree { get; set; } = true;

    public IKeyVault Open(string host, string principal) => new KeyVault(this, host, principal);

    public static KeyId Version(string host, int number) => KeyId.Parse($"https://{host}/keys/{KeyName}/{number:x32}");

    private static KeyVaultKey KeyOf(string host, int number) =>
        new(PropertiesOf(host, number), "RSA", WrappedBytes * 8, ["wrapKey", "unwrapKey"], $"{number:x64}", "westeurope");

    private static KeyProperties PropertiesOf(string host, int number) =>
        new(Version(host, number), true, DateTimeOffset.UnixEpoch.AddDays(number), null, null, "Recoverable");

    private async Task<T> AskAsync<T>(string host, string principal, string call, Func<T> answer)
    {
        if (IsFree)
            return answer();
        return await simulation.WaitAsync(() => PassAsync(host, principal, call, answer));
    }

    private async Task<T> PassAsync<T>(string host, string principal, string call, Func<T> answer)
    {
        var traffic = _traffic.GetOrAdd(
            host,
            h => new Traffic(
                new KeyVaultGate(h, new RetryIntervals(options.FirstOutagePause, options.LongestOutagePause), simulation.Time),
                new CallBudget(options.UnitsPerTenSeconds, options.ThrottledPause, simulation.Time)
            )
        );
        try
        {
            return await traffic.Gate.PassAsync(() => SendAsync(traffic.Budget, host, principal, call, answer), CancellationToken.None);
        }
        catch (KeyVaultException)
        {
            figures.NoteWithheld();
            throw;
        }
    }

    /// <summary>A principal that is new here, or was forgotten, has its first request answered with a challenge.</summary>
    private async Task<T> SendAsync<T>(CallBudget budget, string host, string principal, string call, Func<T> answer)
    {
        var isNew = false;
        _principals.GetOrAdd((host, principal), _ => isNew = true);
        if (isNew)
            await RequestAsync(budget, host, "challenge");
        await RequestAsync(budget, host, call);
        return answer();
    }

    private async Task RequestAsync(CallBudget budget, string host, string call)
    {
        var units = call is "wrap" or "unwrap" ? CallWeights.OfWrapped(WrappedBytes) : CallWeights.Usual;
        if (await budget.TakeAsync(units, options.MaxRetryAfter) is null)
            throw KeyVaultGate.Throttled(host, "its budget of calls is used up");
        figures.Request(host, call, units, simulation.Time.Elapsed);
        await Task.Delay(Latency, simulation.Time);
    }

    private sealed class KeyVault(SimulatedKeyVaults owner, string host, string principal) : IKeyVault
    {
        public Task<KeyVaultKey> GetKeyAsync(string name, string? version, CancellationToken cancellation = default) =>
            owner.AskAsync(host, principal, "get", () => KeyOf(host, version is null ? owner.Versions : Convert.ToInt32(version, 16)));

        public Task<IReadOnlyList<KeyProperties>> ListVersionsAsync(string name, CancellationToken cancellation = default) =>
            owner.AskAsync<IReadOnlyList<KeyProperties>>(
                host,
                principal,
                "list",
                () => [.. Enumerable.Range(1, owner.Versions).Select(n => PropertiesOf(host, n))]
            );

        public Task<WrapResult> WrapKeyAsync(KeyId key, ReadOnlyMemory<byte> keyMaterial, CancellationToken cancellation = default)
        {
            var wrapped = new byte[WrappedBytes];
            Mask(key, keyMaterial.Span).CopyTo(wrapped, 0);
            return owner.AskAsync(host, principal, "wrap", () => new WrapResult(key, wrapped));
        }

        public Task<SecretBytes> UnwrapKeyAsync(KeyId key, ReadOnlyMemory<byte> encryptedKey, CancellationToken cancellation = default) =>
            owner.AskAsync(
                host,
                principal,
                "unwrap",
                () => SecretBytes.Fill(32, Mask(key, encryptedKey.Span[..32]), static (secret, masked) => masked.CopyTo(secret))
            );

        private static byte[] Mask(KeyId key, ReadOnlySpan<byte> material)
        {
            var masked = material[..32].ToArray();
            for (var i = 0; i < masked.Length; i++)
                masked[i] ^= (byte)(key.Version?[i] ?? 0);
            return masked;
        }
    }
}
