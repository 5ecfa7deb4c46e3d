using System.Security.Cryptography;

namespace RecoveryVault.Keys;

/// <summary>
/// What one look at a key found, everything tried whether or not an earlier step failed, so that the preconditions can be told apart and
/// named in order. Nothing is changed: key material of no use is wrapped and unwrapped.
/// </summary>
public sealed record KeyFacts
{
    /// <summary>Get, list, wrap, unwrap.</summary>
    public const int MostCalls = 4;

    /// <summary>The URI asked about.</summary>
    public required KeyId Requested { get; init; }

    /// <summary>The key found; null when <see cref="GetFault"/> says why not.</summary>
    public KeyVaultKey? Key { get; init; }

    public KeyVaultException? GetFault { get; init; }

    /// <summary>Why versions could not be listed; only tried for a URI without version.</summary>
    public KeyVaultException? ListFault { get; init; }

    public KeyVaultException? WrapFault { get; init; }

    public KeyVaultException? UnwrapFault { get; init; }

    public IEnumerable<KeyVaultException> Faults => new[] { GetFault, ListFault, WrapFault, UnwrapFault }.OfType<KeyVaultException>();

    public static async Task<KeyFacts> GatherAsync(IKeyVault keyVault, KeyId requested, CancellationToken cancellation = default)
    {
        var facts = new KeyFacts { Requested = requested };
        try
        {
            facts = facts with { Key = await keyVault.GetKeyAsync(requested.Name, requested.Version, cancellation) };
        }
        catch (KeyVaultException fault)
        {
            facts = facts with { GetFault = fault };
        }
        if (requested.Version is null)
            facts = facts with { ListFault = await FaultOfAsync(() => keyVault.ListVersionsAsync(requested.Name, cancellation)) };
        return await TryWrappingAsync(facts, keyVault, cancellation);
    }

    private static async Task<KeyFacts> TryWrappingAsync(KeyFacts facts, IKeyVault keyVault, CancellationToken cancellation)
    {
        var keyId = facts.Key?.Properties.Id ?? facts.Requested;
        var material = RandomNumberGenerator.GetBytes(32);
        // Where wrapping fails, unwrapping is still asked with bytes of the right length: the answer tells a missing permission from bad
        // input.
        var wrapped = new byte[Math.Max(facts.Key?.SizeBits ?? 0, 2048) / 8];
        try
        {
            var result = await keyVault.WrapKeyAsync(keyId, material, cancellation);
            (keyId, wrapped) = (result.KeyId, result.EncryptedKey);
        }
        catch (KeyVaultException fault)
        {
            facts = facts with { WrapFault = fault };
        }
        try
        {
            using var back = await keyVault.UnwrapKeyAsync(keyId, wrapped, cancellation);
            if (!CryptographicOperations.FixedTimeEquals(back.Span, material))
                throw new KeyVaultException(
                    KeyVaultFault.BadParameter,
                    0,
                    "BadParameter",
                    null,
                    "The key did not unwrap what it had wrapped."
                );
            return facts;
        }
        catch (KeyVaultException fault) when (fault.Fault == KeyVaultFault.BadParameter && facts.WrapFault is not null)
        {
            return facts;
        }
        catch (KeyVaultException fault)
        {
            return facts with { UnwrapFault = fault };
        }
    }

    private static async Task<KeyVaultException?> FaultOfAsync(Func<Task> call)
    {
        try
        {
            await call();
            return null;
        }
        catch (KeyVaultException fault)
        {
            return fault;
        }
    }
}
