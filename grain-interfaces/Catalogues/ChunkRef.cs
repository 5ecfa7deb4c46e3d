namespace RecoveryVault.Catalogues;

/// <summary>Names a chunk by the digest and length of its plaintext; where it is stored is the index's business.</summary>
/// <param name="Digest">SHA-256 of the plaintext; all zero for a zero chunk.</param>
/// <param name="Length">Plaintext bytes, 1 to <see cref="MaxLength"/>.</param>
/// <param name="IsZero">The plaintext is <paramref name="Length"/> zero bytes, which are stored nowhere.</param>
[GenerateSerializer, Immutable, Alias("rv.ChunkRef")]
public readonly record struct ChunkRef([property: Id(0)] Digest Digest, [property: Id(1)] int Length, [property: Id(2)] bool IsZero = false)
{
    /// <summary>The longest chunk in bytes.</summary>
    public const int MaxLength = 4 << 20;
}
