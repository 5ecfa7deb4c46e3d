namespace RecoveryVault.Keys.Traffic;

/// <summary>
/// What a call costs of Key Vault's documented limit, 4,000 units in ten seconds: RSA 2048 one, 3072 four, 4096 eight, as its table of
/// limits weighs them (4,000, 1,000, 500 operations).
/// </summary>
public static class CallWeights
{
    public const int Limit = 4000;
    public const int Heaviest = 8;

    /// <summary>Of a call whose key's size is not known.</summary>
    public const int Usual = 4;

    /// <param name="wrappedBytes">Length of what the key wraps to: that of its modulus.</param>
    public static int OfWrapped(int wrappedBytes) =>
        wrappedBytes switch
        {
            <= 256 => 1,
            <= 384 => Usual,
            _ => Heaviest,
        };
}
