using Microsoft.Extensions.Logging.Abstractions;
using RecoveryVault.Reminders;
using RecoveryVault.Storage;

namespace RecoveryVault.Tests.Reminders;

/// <summary>Reminders, and tables for them.</summary>
internal static class ReminderSamples
{
    public const string ServiceId = "service/β.1";

    public static readonly DateTime Noon = new(2026, 11, 28, 12, 0, 0, DateTimeKind.Utc);

    public static BlobReminderTable Open(IBlobStore store, string service = ServiceId, TimeProvider? time = null) =>
        new(store, service, time ?? TimeProvider.System, NullLogger<BlobReminderTable>.Instance);

    public static GrainId Grain(int number) => GrainId.Create("remindable", $"foo/bar\\#baz?{number}");

    public static ReminderEntry Reminder(GrainId grain, string name = "tick", int minutes = 0) =>
        new()
        {
            GrainId = grain,
            ReminderName = name,
            StartAt = Noon.AddMinutes(minutes),
            Period = TimeSpan.FromMinutes(minutes + 1),
        };

    public static string Full(ReminderEntry entry) => $"{entry.GrainId} {entry.ReminderName} {entry.StartAt:O} {entry.Period} {entry.ETag}";

    public static string Key(ReminderEntry entry) => $"{entry.GrainId} {entry.ReminderName}";
}
