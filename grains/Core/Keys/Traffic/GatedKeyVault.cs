namespace RecoveryVault.Keys.Traffic;

/// <summary>A key vault whose calls pass its gate, and are counted when they have.</summary>
internal sealed class GatedKeyVault(CountedKeyVault counted, KeyVaultGate gate) : IKeyVault
{
    public Task<KeyVaultKey> GetKeyAsync(string name, string? version, CancellationToken cancellation = default) =>
        gate.PassAsync(() => counted.GetKeyAsync(name, version, cancellation), cancellation);

    public Task<IReadOnlyList<KeyProperties>> ListVersionsAsync(string name, CancellationToken cancellation = default) =>
        gate.PassAsync(() => counted.ListVersionsAsync(name, cancellation), cancellation);

    public Task<WrapResult> WrapKeyAsync(KeyId key, ReadOnlyMemory<byte> keyMaterial, CancellationToken cancellation = default) =>
        gate.PassAsync(() => counted.WrapKeyAsync(key, keyMaterial, cancellation), cancellation);

    public Task<SecretBytes> UnwrapKeyAsync(KeyId key, ReadOnlyMemory<byte> encryptedKey, CancellationToken cancellation = default) =>
        gate.PassAsync(() => counted.UnwrapKeyAsync(key, encryptedKey, cancellation), cancellation);
}
