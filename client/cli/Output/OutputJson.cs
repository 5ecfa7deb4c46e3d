using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using RecoveryVault.Identities;
using RecoveryVault.Keys;
using RecoveryVault.Reports;
using RecoveryVault.Vaults;

namespace RecoveryVault.Cli.Output;

/// <summary>The JSON of the command line: camelCase, indented, times in UTC ending in Z, and nothing left out because it is null.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    WriteIndented = true,
    UseStringEnumConverter = true,
    Converters = [typeof(UtcTimeConverter)]
)]
[JsonSerializable(typeof(ErrorDocument))]
[JsonSerializable(typeof(VaultShape))]
[JsonSerializable(typeof(VaultShape[]))]
[JsonSerializable(typeof(IdentityShape))]
[JsonSerializable(typeof(UserAssignedIdentity))]
[JsonSerializable(typeof(UserAssignedIdentity[]))]
[JsonSerializable(typeof(EncryptionShape))]
[JsonSerializable(typeof(KeyVersionUse[]))]
[JsonSerializable(typeof(ChecklistEntry[]))]
[JsonSerializable(typeof(AlertShape[]))]
[JsonSerializable(typeof(DeletedVaultShape[]))]
[JsonSerializable(typeof(ShredProofShape))]
[JsonSerializable(typeof(JobShape))]
[JsonSerializable(typeof(JobShape[]))]
[JsonSerializable(typeof(LogEntryShape[]))]
[JsonSerializable(typeof(LogVerificationShape))]
[JsonSerializable(typeof(ReportDocument))]
[JsonSerializable(typeof(KeyChangeShape))]
[JsonSerializable(typeof(ReportVerificationShape))]
[JsonSerializable(typeof(ReportKeyShape[]))]
[JsonSerializable(typeof(RecoveryKitShape))]
[JsonSerializable(typeof(PurgedKeyShape))]
[JsonSerializable(typeof(BackupShape))]
[JsonSerializable(typeof(RestoreShape))]
[JsonSerializable(typeof(VerifyShape))]
[JsonSerializable(typeof(ScrubShape))]
[JsonSerializable(typeof(ReclaimShape))]
[JsonSerializable(typeof(RebuildShape))]
[JsonSerializable(typeof(PlatformKeyShape[]))]
[JsonSerializable(typeof(PlatformKeyRotationShape))]
[JsonSerializable(typeof(RemovedPlatformKeyShape))]
[JsonSerializable(typeof(ServeShape))]
[JsonSerializable(typeof(SiloShape))]
[JsonSerializable(typeof(StoreShape))]
[JsonSerializable(typeof(QuickstartShape))]
[JsonSerializable(typeof(FileShape))]
[JsonSerializable(typeof(ItemShape))]
[JsonSerializable(typeof(ItemShape[]))]
[JsonSerializable(typeof(PolicyShape))]
[JsonSerializable(typeof(PolicyShape[]))]
[JsonSerializable(typeof(PolicyUseShape))]
[JsonSerializable(typeof(RecoveryPointShape))]
[JsonSerializable(typeof(RecoveryPointShape[]))]
internal sealed partial class OutputJson : JsonSerializerContext
{
    /// <summary>The same, with readable text: what is printed to a terminal needs no HTML escapes.</summary>
    public static OutputJson Plain =>
        field ??= new(new JsonSerializerOptions(Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    /// <summary>The same on one line, for the entries of long lists.</summary>
    public static OutputJson Lines => field ??= new(new JsonSerializerOptions(Plain.Options) { WriteIndented = false });
}

/// <summary>ISO 8601 in UTC, ending in Z.</summary>
internal sealed class UtcTimeConverter : JsonConverter<DateTimeOffset>
{
    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.GetDateTimeOffset();

    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture));
}
