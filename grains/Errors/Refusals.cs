using RecoveryVault.Keys;
using RecoveryVault.Storage;

namespace RecoveryVault.Errors;

/// <summary>Leads from any failure of our own layers to the coded refusal that jobs keep and callers get.</summary>
public static class Refusals
{
    /// <summary>The refusal an exception stands for; null for faults of the program.</summary>
    public static VaultException? Find(Exception exception) => exception switch
    {
        VaultException refusal => refusal,
        KeyVaultException fault => KeyVaultRefusals.ToVaultException(fault, "The key vault refused"),
        _ => StoreRefusals.Find(exception) is { } failure ? StoreRefusals.ToVaultException(failure) : null,
    };
}
