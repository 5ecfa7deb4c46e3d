using System.Text.Json;
using System.Text.Json.Serialization;
using RecoveryVault.Catalogues;
using RecoveryVault.Items;
using RecoveryVault.Vaults;

namespace RecoveryVault.Records;

/// <summary>Writes a value as the text its ToString gives and reads it back with its Parse.</summary>
public abstract class TextConverter<T>(Func<string, T> parse) : JsonConverter<T>
    where T : struct
{
    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        try
        {
            return parse(reader.GetString() ?? "");
        }
        catch (FormatException e)
        {
            throw new JsonException(e.Message, e);
        }
    }

    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
}

public sealed class VaultIdConverter() : TextConverter<VaultId>(VaultId.Parse);

public sealed class ItemIdConverter() : TextConverter<ItemId>(ItemId.Parse);

public sealed class ItemKeyConverter() : TextConverter<ItemKey>(ItemKey.Parse);

public sealed class DigestConverter() : TextConverter<Digest>(Digest.Parse);
