using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using RecoveryVault.Activity;
using RecoveryVault.Items;
using RecoveryVault.Jobs;
using RecoveryVault.Keys;
using RecoveryVault.Names;
using RecoveryVault.Stores;
using RecoveryVault.Vaults;

namespace RecoveryVault.Records;

/// <summary>
/// How everything we keep as JSON is written: camelCase, enums by name, ids as hex, generated at build
/// time so that start-up costs no reflection.
/// </summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    IgnoreReadOnlyProperties = true,
    UseStringEnumConverter = true,
    RespectNullableAnnotations = true,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    Converters = [typeof(VaultIdConverter), typeof(ItemIdConverter), typeof(ItemKeyConverter), typeof(DigestConverter)]
)]
[JsonSerializable(typeof(VaultRecord))]
[JsonSerializable(typeof(VaultDescriptor))]
[JsonSerializable(typeof(ItemRecord))]
[JsonSerializable(typeof(ItemDescriptor))]
[JsonSerializable(typeof(RecoveryPointHead))]
[JsonSerializable(typeof(Deletions))]
[JsonSerializable(typeof(KeyRing))]
[JsonSerializable(typeof(StoredKeyring))]
[JsonSerializable(typeof(StoredKeyringFormat))]
[JsonSerializable(typeof(StoreManifest))]
[JsonSerializable(typeof(StoreFormat))]
[JsonSerializable(typeof(JobStart))]
[JsonSerializable(typeof(JobEnd))]
[JsonSerializable(typeof(LogRecord))]
[JsonSerializable(typeof(SealedNote))]
[JsonSerializable(typeof(LogCheckpoint))]
[JsonSerializable(typeof(ShredProof))]
[JsonSerializable(typeof(NameClaim))]
public sealed partial class RecordJson : JsonSerializerContext
{
    /// <summary>
    /// A list as read: one that is missing, as in a record of an older version, or null is empty. No annotation does that for lists that
    /// are values.
    /// </summary>
    /// <exception cref="JsonException">It has a hole.</exception>
    internal static ImmutableArray<T> ListOf<T>(ImmutableArray<T> read) =>
        read.IsDefault ? []
        : read.Any(element => element is null) ? throw new JsonException("A list holds a null.")
        : read;
}
