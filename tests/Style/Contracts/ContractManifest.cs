using System.Reflection;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using RecoveryVault.Access;
using RecoveryVault.Records;
using RecoveryVault.Tests.Upgrade;

namespace RecoveryVault.Tests.Style.Contracts;

/// <summary>
/// Every word that programs of two releases say to each other, one a line: grain methods, members of messages by number, members of stored
/// records by name, values of enums. A line once released stays as it is.
/// </summary>
internal static class ContractManifest
{
    private static readonly Assembly[] Assemblies = [typeof(VaultRole).Assembly, typeof(AccessFilter).Assembly];

    public static SortedSet<string> Current()
    {
        var types = Assemblies.SelectMany(a => a.GetTypes()).ToList();
        var messages = types.Where(t => t.GetCustomAttribute<GenerateSerializerAttribute>() is not null).ToList();
        var stored = Stored();
        var enums = messages
            .SelectMany(t => MembersOf(t).Select(m => m.Type))
            .Concat(stored.SelectMany(t => t.Properties.Select(p => p.PropertyType)))
            .SelectMany(Unfold)
            .Where(t => t.IsEnum);
        return new SortedSet<string>(
            types
                .Where(t => t.IsInterface && typeof(IAddressable).IsAssignableFrom(t))
                .SelectMany(MethodsOf)
                .Concat(messages.SelectMany(t => MembersOf(t).Select(m => $"message {AliasOf(t)} {m.Id}: {m.Name} {NameOf(m.Type)}")))
                .Concat(stored.SelectMany(t => t.Properties.Where(p => !p.IsExtensionData).Select(p => LineOf(t, p))))
                .Concat(enums.Distinct().SelectMany(ValuesOf)),
            StringComparer.Ordinal
        );
    }

    /// <summary>Lines of the manifest that are not said any more: removed, renumbered, retyped or renamed.</summary>
    public static IReadOnlyList<string> Lost(IEnumerable<string> released, IReadOnlySet<string> current) =>
        [.. released.Where(line => !current.Contains(line))];

    private static IEnumerable<string> MethodsOf(Type contract) =>
        contract
            .GetMethods()
            .Select(m =>
                $"method {AliasOf(contract)}.{m.GetCustomAttribute<AliasAttribute>()?.Alias}({string.Join(", ", m.GetParameters().Select(p => NameOf(p.ParameterType)))}): {NameOf(m.ReturnType)}"
            );

    private static IEnumerable<(uint Id, string Name, Type Type)> MembersOf(Type message) =>
        message
            .GetMembers(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly)
            .Where(m => m.GetCustomAttribute<IdAttribute>() is not null)
            .Select(m =>
                (
                    m.GetCustomAttribute<IdAttribute>()!.Id,
                    m.Name,
                    m is PropertyInfo property ? property.PropertyType : ((FieldInfo)m).FieldType
                )
            );

    private static string LineOf(JsonTypeInfo record, JsonPropertyInfo member) =>
        $"record {record.Type.Name}.{member.Name}: {NameOf(member.PropertyType)}{(member.IsRequired ? " required" : "")}";

    private static IEnumerable<string> ValuesOf(Type type) =>
        Enum.GetValues(type).Cast<Enum>().Select(value => $"enum {type.Name}.{value} = {value:D}");

    /// <summary>Every kind of object in any record.</summary>
    private static List<JsonTypeInfo> Stored()
    {
        var found = new Dictionary<Type, JsonTypeInfo>();
        var due = new Stack<Type>(
            typeof(RecordJson)
                .GetCustomAttributesData()
                .Where(a => a.AttributeType == typeof(JsonSerializableAttribute))
                .Select(a => (Type)a.ConstructorArguments[0].Value!)
        );
        while (due.TryPop(out var type))
        {
            if (found.ContainsKey(type) || LaterMembers.InfoOf(type) is not { Kind: JsonTypeInfoKind.Object } info)
                continue;
            found.Add(type, info);
            foreach (var part in info.Properties.Where(p => !p.IsExtensionData).SelectMany(p => Unfold(p.PropertyType)))
                if (part.Namespace?.StartsWith(nameof(RecoveryVault), StringComparison.Ordinal) is true)
                    due.Push(part);
        }
        return [.. found.Values];
    }

    private static IEnumerable<Type> Unfold(Type type) =>
        type.IsArray ? Unfold(type.GetElementType()!)
        : type.IsGenericType ? type.GetGenericArguments().SelectMany(Unfold).Append(type)
        : [type];

    private static string AliasOf(Type type) => type.GetCustomAttribute<AliasAttribute>()?.Alias ?? type.Name;

    private static string NameOf(Type type) =>
        type.IsArray ? $"{NameOf(type.GetElementType()!)}[]"
        : type.IsGenericType ? $"{type.Name.Split('`')[0]}<{string.Join(", ", type.GetGenericArguments().Select(NameOf))}>"
        : type.Name;
}
