using RecoveryVault.Errors;

namespace RecoveryVault.Connections;

/// <summary>
/// The one file that holds a cluster's connection secret: 64 hex digits, readable by its owner only. Silos and clients are given its path.
/// </summary>
public static class SecretFile
{
    /// <summary>The environment variable that holds the path.</summary>
    public const string Variable = "RVAULT_CLUSTER_SECRET_FILE";

    private const int MaxBytes = 4096;

    /// <summary>Reads it; the caller disposes the secret.</summary>
    /// <exception cref="VaultException">InvalidRequest: there is no such file, others can use it, or it holds something else.</exception>
    public static ConnectionSecret Read(string path)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read);
            if (OwnerOnly.IsOpenToOthers(file.SafeFileHandle))
                throw Unusable(path, "others than its owner can use it: make a new secret, and chmod 600 its file");
            if (file.Length > MaxBytes)
                throw Unusable(path, "it is too long");
            using var reader = new StreamReader(file);
            return ConnectionSecret.Parse(reader.ReadToEnd().Trim());
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unusable(path, e.Message.TrimEnd('.'));
        }
        catch (FormatException)
        {
            throw Unusable(path, $"it does not hold {2 * ConnectionSecret.Length} hex digits");
        }
    }

    private static VaultException Unusable(string path, string why) =>
        new(
            ErrorCodes.InvalidRequest,
            $"The cluster's secret in {path} cannot be used: {why}.",
            $"Name the file that all silos and clients of the cluster share with {Variable}."
        );
}
