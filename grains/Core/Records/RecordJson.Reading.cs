using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace RecoveryVault.Records;

public sealed partial class RecordJson
{
    /// <summary>Reads a record.</summary>
    /// <exception cref="LaterRecordException">A later release wrote something in it that must not be lost or misread.</exception>
    /// <exception cref="JsonException">It is damaged.</exception>
    public static T? Read<T>(ReadOnlySpan<byte> json, JsonTypeInfo<T> type) => (T?)Read(json, (JsonTypeInfo)type);

    /// <summary>The same.</summary>
    public static object? Read(ReadOnlySpan<byte> json, JsonTypeInfo type)
    {
        // First of all, because a newer record need not have the shape this version reads.
        if (SchemaOf(json) is > RecordSchema.Current and var schema && typeof(IVersionedRecord).IsAssignableFrom(type.Type))
            throw new LaterRecordException($"It has schema {schema}; this version knows {RecordSchema.Current}.");
        try
        {
            return JsonSerializer.Deserialize(json, type);
        }
        catch (JsonException e) when (e is not LaterRecordException && IsReadable(json, type.Type))
        {
            throw new LaterRecordException($"A later release wrote it: {e.Message}");
        }
    }

    /// <summary>Reads what is never written again: members that this release does not know are left out.</summary>
    public static T? ReadKnown<T>(ReadOnlySpan<byte> json) => (T?)JsonSerializer.Deserialize(json, typeof(T), Tolerant.Json);

    private static bool IsReadable(ReadOnlySpan<byte> json, Type type)
    {
        try
        {
            return JsonSerializer.Deserialize(json, type, Tolerant.Json) is not null;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static int SchemaOf(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            return 0;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isSchema = reader.ValueTextEquals("schema"u8);
            reader.Read();
            if (isSchema)
                return reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out var schema) ? schema : 0;
            reader.Skip();
        }
        return 0;
    }

    /// <summary>Reads as much as there is to understand: tells what a later release wrote from what is damaged.</summary>
    private static class Tolerant
    {
        public static readonly RecordJson Json = new(
            new JsonSerializerOptions(Default.Options)
            {
                TypeInfoResolver = null,
                UnmappedMemberHandling = JsonUnmappedMemberHandling.Skip,
                Converters = { new AnyNames() },
            }
        );
    }

    /// <summary>Takes an enum's name that is unknown for the one of value 0.</summary>
    private sealed class AnyNames : JsonConverterFactory
    {
        public override bool CanConvert(Type typeToConvert) => typeToConvert.IsEnum;

        public override JsonConverter? CreateConverter(Type typeToConvert, JsonSerializerOptions options) =>
            (JsonConverter?)Activator.CreateInstance(typeof(AnyName<>).MakeGenericType(typeToConvert));
    }

    private sealed class AnyName<T> : JsonConverter<T>
        where T : struct, Enum
    {
        public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.TokenType != JsonTokenType.String ? throw new JsonException("An enum is written by name.")
            : Enum.TryParse<T>(reader.GetString(), ignoreCase: true, out var known) ? known
            : default;

        public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) => throw new NotSupportedException();
    }
}
