using System.Text.Json;
using System.Text.Json.Serialization;
using RecoveryVault.Storage;

namespace RecoveryVault.Reminders;

/// <summary>A reminder as stored.</summary>
/// <param name="Grain">The grain's id.</param>
/// <param name="Name">The reminder's name, of which the grain has one.</param>
/// <param name="StartAt">UTC.</param>
/// <param name="Period">From one tick to the next.</param>
/// <param name="ETag">Random, and another one with each write.</param>
internal sealed record ReminderRow(string Grain, string Name, DateTime StartAt, TimeSpan Period, string ETag)
{
    public static ReminderRow Of(ReminderEntry entry, string etag) =>
        new(entry.GrainId.ToString(), entry.ReminderName, Utc(entry.StartAt), entry.Period, etag);

    /// <summary>A fresh entry, which the receiver may do with as it likes.</summary>
    public ReminderEntry ToEntry() =>
        new()
        {
            GrainId = GrainId.Parse(Grain),
            ReminderName = Name,
            StartAt = Utc(StartAt),
            Period = Period,
            ETag = ETag,
        };

    public bool IsOf(string grain, string name) => Grain == grain && Name == name;

    private static DateTime Utc(DateTime time) =>
        time.Kind == DateTimeKind.Local ? time.ToUniversalTime() : DateTime.SpecifyKind(time, DateTimeKind.Utc);
}

/// <summary>How reminders are written. Rows are read one by one, so that one that is damaged takes no other with it.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    IgnoreReadOnlyProperties = true,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true
)]
[JsonSerializable(typeof(MarkedDocument<JsonElement[]>))]
[JsonSerializable(typeof(MarkedFormat))]
[JsonSerializable(typeof(ReminderRow))]
internal sealed partial class ReminderJson : JsonSerializerContext;
