using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace RecoveryVault.Reminders;

/// <summary>Reading a bucket row by row.</summary>
public sealed partial class BlobReminderTable
{
    /// <summary>A row that cannot be read is logged and has no value: others are read all the same, and a write keeps it.</summary>
    private List<(ReminderRow? Row, JsonElement Json)> Parse(int bucket, JsonElement[]? content)
    {
        List<(ReminderRow? Row, JsonElement Json)> rows = [];
        foreach (var json in content ?? [])
            rows.Add((ParseRow(bucket, json), json));
        return rows;
    }

    private ReminderRow? ParseRow(int bucket, JsonElement json)
    {
        try
        {
            var row = json.Deserialize(ReminderJson.Default.ReminderRow) ?? throw new JsonException("It is null.");
            if (ReminderBuckets.Of(row.ToEntry().GrainId.GetUniformHashCode()) != bucket)
                throw new JsonException("Its grain belongs into another bucket.");
            return row;
        }
        catch (Exception e) when (e is JsonException or FormatException or ArgumentException or OverflowException)
        {
            LogDamaged(_buckets.Name(bucket), e.Message);
            return null;
        }
    }

    [LoggerMessage(EventId = 1401, Level = LogLevel.Error, Message = "A reminder in '{Blob}' is damaged and left out: {Reason}")]
    private partial void LogDamaged(string blob, string reason);

    [LoggerMessage(EventId = 1402, Level = LogLevel.Warning, Message = "The store of the reminders does not answer, tried again: {Reason}")]
    private partial void LogUnreachable(string reason);
}
