using System.Collections.Immutable;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json.Serialization;
using RecoveryVault.Access;
using RecoveryVault.Cli;
using RecoveryVault.Connections;
using RecoveryVault.Embedded;
using RecoveryVault.Keys;
using RecoveryVault.Vaults;

namespace RecoveryVault.Tests.Security;

/// <summary>The types of the product, and what they are made of.</summary>
internal static class ProductTypes
{
    public const BindingFlags Declared = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    private static readonly Assembly[] Assemblies =
    [
        typeof(VaultId).Assembly,
        typeof(VaultRecord).Assembly,
        typeof(AccessFilter).Assembly,
        typeof(EmbeddedSilo).Assembly,
        typeof(VaultClient).Assembly,
        typeof(CommandLine).Assembly,
        typeof(RecoveryVault.DevKeyVault.DevKeyVaultServer).Assembly,
    ];

    private static readonly Type[] Bytes =
    [
        typeof(byte[]),
        typeof(Memory<byte>),
        typeof(ReadOnlyMemory<byte>),
        typeof(ArraySegment<byte>),
        typeof(ImmutableArray<byte>),
        typeof(IReadOnlyList<byte>),
        typeof(IEnumerable<byte>),
        typeof(List<byte>),
        typeof(Stream),
        typeof(SecretBytes),
        typeof(ConnectionSecret),
    ];

    /// <summary>All that was written, nothing a compiler or generator made.</summary>
    public static IReadOnlyList<Type> All { get; } =
    [
        .. Assemblies
            .Distinct()
            .SelectMany(a => a.GetTypes())
            .Where(t => t.Namespace?.StartsWith("RecoveryVault", StringComparison.Ordinal) == true && !IsGenerated(t)),
    ];

    /// <summary>What crosses grain calls.</summary>
    public static IEnumerable<Type> Messages => All.Where(t => t.GetCustomAttribute<GenerateSerializerAttribute>() is not null);

    /// <summary>What is written as JSON to a store or a file.</summary>
    public static IEnumerable<Type> Records =>
        All.Where(t => t.IsSubclassOf(typeof(JsonSerializerContext)))
            .SelectMany(t => t.GetCustomAttributesData())
            .Where(a => a.AttributeType == typeof(JsonSerializableAttribute))
            .Select(a => (Type)a.ConstructorArguments[0].Value!)
            .Distinct();

    /// <summary>These types and every product type they hold, whatever holds it.</summary>
    public static IReadOnlyCollection<Type> Closure(IEnumerable<Type> roots)
    {
        HashSet<Type> found = [];
        Queue<Type> open = new(roots.SelectMany(Parts));
        while (open.TryDequeue(out var type))
        {
            if (Bytes.Contains(type) || !All.Contains(Definition(type)) || !found.Add(type))
                continue;
            foreach (var part in Members(type).SelectMany(m => Parts(m.Type)))
                open.Enqueue(part);
        }
        return found;
    }

    /// <summary>Properties, and the fields no property stands for: also what a class keeps of its constructor's parameters.</summary>
    public static IEnumerable<(string Name, Type Type)> Members(Type type)
    {
        for (
            var at = type;
            at is not null && at.Namespace?.StartsWith(nameof(RecoveryVault), StringComparison.Ordinal) == true;
            at = at.BaseType
        )
        {
            foreach (var property in at.GetProperties(Declared).Where(p => p.GetIndexParameters().Length == 0))
                if (property.Name != "EqualityContract")
                    yield return (property.Name, property.PropertyType);
            foreach (var field in at.GetFields(Declared).Where(f => !f.Name.EndsWith(">k__BackingField", StringComparison.Ordinal)))
                yield return (field.Name.Split('<', '>') is ["", var parameter, "P"] ? parameter : field.Name, field.FieldType);
        }
    }

    /// <summary>Whether it is bytes, or holds them directly, as an array or a dictionary does.</summary>
    public static bool HoldsBytes(Type type) => Parts(type).Any(Bytes.Contains);

    private static IEnumerable<Type> Parts(Type type)
    {
        yield return type;
        var inner = type.HasElementType ? [type.GetElementType()!] : type.GetGenericArguments();
        foreach (var part in inner.SelectMany(Parts))
            yield return part;
    }

    private static Type Definition(Type type) => type.IsGenericType ? type.GetGenericTypeDefinition() : type;

    private static bool IsGenerated(Type type) =>
        type.Name.Contains('<', StringComparison.Ordinal)
        || type.GetCustomAttribute<CompilerGeneratedAttribute>() is not null
        || (type.DeclaringType is { } outer && IsGenerated(outer));
}
