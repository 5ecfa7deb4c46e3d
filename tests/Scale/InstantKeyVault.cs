using RecoveryVault.Keys;

namespace RecoveryVault.Tests.Scale;

/// <summary>A key vault of one key that answers at once. Wrapping is a mere exclusive or: what is looked at is the rest.</summary>
internal sealed class InstantKeyVault(string host) : IKeyVault
{
    private const int WrappedBytes = 384;
    private const string KeyName = "kek";

    /// <summary>How often a key vault was asked, by anybody.</summary>
    public static long Asked => Interlocked.Read(ref _asked);

    private static long _asked;

    public static string UriOf(string host) => $"https://{host}/keys/{KeyName}";

    public Task<KeyVaultKey> GetKeyAsync(string name, string? version, CancellationToken cancellation = default) =>
        Answer(new KeyVaultKey(Properties, "RSA", WrappedBytes * 8, ["wrapKey", "unwrapKey"], $"{1:x64}", "westeurope"));

    public Task<IReadOnlyList<KeyProperties>> ListVersionsAsync(string name, CancellationToken cancellation = default) =>
        Answer<IReadOnlyList<KeyProperties>>([Properties]);

    public Task<WrapResult> WrapKeyAsync(KeyId key, ReadOnlyMemory<byte> keyMaterial, CancellationToken cancellation = default)
    {
        var wrapped = new byte[WrappedBytes];
        Mask(keyMaterial.Span, wrapped);
        return Answer(new WrapResult(key, wrapped));
    }

    public Task<SecretBytes> UnwrapKeyAsync(KeyId key, ReadOnlyMemory<byte> encryptedKey, CancellationToken cancellation = default) =>
        Answer(SecretBytes.Fill(32, encryptedKey, static (secret, wrapped) => Mask(wrapped.Span[..32], secret)));

    private KeyProperties Properties =>
        new(KeyId.Parse($"{UriOf(host)}/{1:x32}"), true, DateTimeOffset.UnixEpoch.AddDays(1), null, null, "Recoverable");

    private static void Mask(ReadOnlySpan<byte> from, Span<byte> to)
    {
        for (var i = 0; i < from.Length; i++)
            to[i] = (byte)(from[i] ^ 0x5A);
    }

    private static Task<T> Answer<T>(T answer)
    {
        Interlocked.Increment(ref _asked);
        return Task.FromResult(answer);
    }
}
