using RecoveryVault.Errors;
using RecoveryVault.Format;
using RecoveryVault.Keys;
using RecoveryVault.Records;
using RecoveryVault.Storage;

namespace RecoveryVault.DataPath;

/// <summary>Manifests of recovery points as the store has them.</summary>
public static class Manifests
{
    /// <summary>Reads a manifest and checks that it is the one the head names.</summary>
    /// <exception cref="VaultException">DataMissing, DataBitRot, DataTampered, WrongKey, DataTooNew.</exception>
    public static async Task<Manifest> ReadAsync(
        IBlobStore store,
        ItemSecrets secrets,
        string name,
        string headHash,
        CancellationToken cancellation = default
    )
    {
        var body =
            await SealedObjects.FindAsync(store, name, ObjectType.Manifest, secrets, Manifest.MaxLength, cancellation)
            ?? throw new VaultException(ErrorCodes.DataMissing, $"The manifest '{name}' is missing.");
        if (secrets.Keys.HeadHashOf(body).ToString() != headHash)
            throw new VaultException(
                ErrorCodes.DataTampered,
                $"The manifest '{name}' is authentic but not the one of this recovery point."
            );
        try
        {
            return Manifest.Decode(body);
        }
        catch (FormatFaultException fault)
        {
            throw FormatRefusals.ToVaultException(fault, $"The manifest '{name}'");
        }
    }
}
