using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using RecoveryVault.Records;

namespace RecoveryVault.Tests.Upgrade;

/// <summary>Walks a stored record as its type sees it, and puts members into it that this release does not know.</summary>
internal static class LaterMembers
{
    public const string Name = "zLater";

    private static JsonObject Value => new() { ["since"] = 2, ["words"] = new JsonArray("a", "b") };

    /// <summary>Every object of a record that the record's types name, with where it is.</summary>
    public static IEnumerable<(JsonObject Json, Type Type, string Path)> PartsOf(JsonNode? json, JsonTypeInfo type, string path = "$")
    {
        switch (type.Kind)
        {
            case JsonTypeInfoKind.Enumerable when json is JsonArray array && type.ElementType is { } element:
                return array.SelectMany((one, i) => PartsOf(one, InfoOf(element), $"{path}[{i}]"));
            case JsonTypeInfoKind.Object when json is JsonObject whole:
                return type
                    .Properties.Where(p => p.Name != Name && whole.ContainsKey(p.Name))
                    .SelectMany(p => PartsOf(whole[p.Name], InfoOf(p.PropertyType), $"{path}.{p.Name}"))
                    .Prepend((whole, type.Type, path));
            default:
                return [];
        }
    }

    public static void AddTo(JsonObject part) => part[Name] = Value;

    public static bool AreIn(JsonObject part) => JsonNode.DeepEquals(part[Name], Value);

    public static Dictionary<string, JsonElement> OfRecord => new() { [Name] = JsonSerializer.SerializeToElement(Value) };

    public static JsonTypeInfo InfoOf(Type type) =>
        RecordJson.Default.GetTypeInfo(Nullable.GetUnderlyingType(type) ?? type)
        ?? throw new InvalidOperationException($"{type} is not stored.");
}
