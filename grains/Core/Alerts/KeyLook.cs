using System.Collections.Immutable;
using RecoveryVault.Keys;
using RecoveryVault.Vaults;

namespace RecoveryVault.Alerts;

/// <summary>
/// One look at everything a vault's key needs to be: the version in force reads, wraps and unwraps, versions can be listed where they are
/// followed, and the versions that a rotation is still leaving can be used.
/// </summary>
/// <param name="Facts">About the version in force; null without an identity to look with.</param>
/// <param name="Leaving">Other versions that items may still need.</param>
/// <param name="IsAnswered">False: some question had no answer that counts, so nothing is concluded.</param>
public sealed record KeyLook(DateTimeOffset At, KeyFacts? Facts, ImmutableArray<VersionLook> Leaving, bool IsAnswered)
{
    /// <summary>A pass leaves one version, and a few more when its target was replaced.</summary>
    private const int MaxLeaving = 4;

    public static async Task<KeyLook> TakeAsync(VaultRecord vault, Func<KeyId, IKeyVault?> open, DateTimeOffset now)
    {
        var current = KeyId.Parse(vault.Settings.Encryption.Current.KeyId);
        if (open(current) is not { } keyVault)
            return new KeyLook(now, null, [], true);
        var facts = await KeyFacts.GatherAsync(keyVault, current);
        if (vault.FollowsRotation)
            facts = facts with { ListFault = await FaultOfListingAsync(keyVault, current.Name) };
        var isAnswered = !facts.Faults.Any(fault => fault.Verdict == KeyVaultVerdict.Unreachable);
        var leaving = ImmutableArray.CreateBuilder<VersionLook>();
        foreach (var keyId in LeavingOf(vault.Settings.Encryption))
        {
            if (isAnswered && open(keyId) is { } other && await LookAsync(other, keyId) is { } look)
                leaving.Add(look);
            else
                isAnswered = false;
        }
        return new KeyLook(now, facts, leaving.ToImmutable(), isAnswered);
    }

    private static IEnumerable<KeyId> LeavingOf(EncryptionSettings encryption) =>
        encryption.Previous is not { } previous
            ? []
            : encryption
                .History.Where(use => use.Generation >= previous.Generation && use.Generation < encryption.Current.Generation)
                .Append(previous)
                .Select(use => use.KeyId)
                .Where(keyId => !KeyVersions.IsPlatform(keyId) && keyId != encryption.Current.KeyId)
                .Distinct()
                .TakeLast(MaxLeaving)
                .Select(KeyId.Parse);

    private static async Task<KeyVaultException?> FaultOfListingAsync(IKeyVault keyVault, string name)
    {
        try
        {
            await keyVault.ListVersionsAsync(name);
            return null;
        }
        catch (KeyVaultException fault)
        {
            return fault;
        }
    }

    /// <summary>Null when there was no answer.</summary>
    private static async Task<VersionLook?> LookAsync(IKeyVault keyVault, KeyId keyId)
    {
        try
        {
            var properties = (await keyVault.GetKeyAsync(keyId.Name, keyId.Version)).Properties;
            return new VersionLook(keyId, properties.Enabled ? null : Errors.ErrorCodes.UserErrorCMKKeyDisabled, properties.ExpiresOn);
        }
        catch (KeyVaultException fault)
        {
            return fault.Verdict == KeyVaultVerdict.Unreachable ? null : new VersionLook(keyId, KeyVaultRefusals.CodeOf(fault), null);
        }
    }
}

/// <summary>A version that items may still need.</summary>
/// <param name="Code">Why it cannot unwrap; null when nothing is known against it.</param>
public sealed record VersionLook(KeyId KeyId, string? Code, DateTimeOffset? ExpiresOn);
