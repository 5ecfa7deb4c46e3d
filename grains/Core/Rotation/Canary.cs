using RecoveryVault.Keys;

namespace RecoveryVault.Rotation;

/// <summary>What a test value that was wrapped and unwrapped says of a version before it comes into force.</summary>
public static class Canary
{
    /// <summary>The version, when it did both; null when the key vault denied something.</summary>
    /// <exception cref="KeyVaultException">The key vault gave no answer: that says nothing, for or against any version.</exception>
    public static KeyVaultKey? Judge(KeyFacts facts)
    {
        if (facts.Faults.FirstOrDefault(fault => fault.Verdict == KeyVaultVerdict.Unreachable) is { } outage)
            throw outage;
        return facts.Faults.Any() ? null : facts.Key;
    }
}
