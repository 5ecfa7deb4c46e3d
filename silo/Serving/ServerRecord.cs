using System.Text.Json;
using System.Text.Json.Serialization;
using RecoveryVault.Connections;
using RecoveryVault.Embedded;
using RecoveryVault.Errors;

namespace RecoveryVault.Serving;

/// <summary>
/// What a serving process tells others of its own user: where it listens and the secret that connections must prove. One file in the keys
/// directory that only its owner can read; a dot makes it no key, so that no recovery kit takes it along.
/// </summary>
public sealed record ServerRecord
{
    public const string FileName = ".server.json";

    private const int MaxFileBytes = 64 << 10;

    public required int Pid { get; init; }

    public required string StoreId { get; init; }

    public required string ServiceId { get; init; }

    public required string StorePath { get; init; }

    public required string Gateway { get; init; }

    public required string DataPlane { get; init; }

    /// <summary>Hex; see <see cref="ConnectionSecret"/>.</summary>
    public required string Secret { get; init; }

    public override string ToString() => $"ServerRecord({Gateway}, {DataPlane})";

    /// <summary>Writes it in place of a dead server's.</summary>
    public void Write(string keysPath)
    {
        var path = Path.Combine(keysPath, FileName);
        var fresh = $"{path}.{Pid}";
        File.Delete(fresh);
        using (var file = PrivateFiles.CreateNew(fresh))
            JsonSerializer.Serialize(file, this, ServerRecordJson.Default.ServerRecord);
        File.Move(fresh, path, overwrite: true);
    }

    /// <summary>Takes it back.</summary>
    public static void Remove(string keysPath) => File.Delete(Path.Combine(keysPath, FileName));

    /// <summary>Reads it; null when there is none.</summary>
    /// <exception cref="VaultException">StoreAccessDenied: it is not readable, or others than its owner can read or write it.</exception>
    public static ServerRecord? Find(string keysPath)
    {
        var path = Path.Combine(keysPath, FileName);
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read);
            if (OwnerOnly.IsOpenToOthers(file.SafeFileHandle))
                throw new VaultException(
                    ErrorCodes.StoreAccessDenied,
                    $"{path} can be used by others than its owner: its secret is none.",
                    "Stop the server, remove the file, see who could get at it, and start the server again."
                );
            if (file.Length > MaxFileBytes)
                throw new VaultException(ErrorCodes.StoreAccessDenied, $"{path} is not a server's record.");
            return JsonSerializer.Deserialize(file, ServerRecordJson.Default.ServerRecord);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception e) when (e is UnauthorizedAccessException or JsonException)
        {
            throw new VaultException(ErrorCodes.StoreAccessDenied, $"{path}: {e.Message}");
        }
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(ServerRecord))]
internal sealed partial class ServerRecordJson : JsonSerializerContext;
