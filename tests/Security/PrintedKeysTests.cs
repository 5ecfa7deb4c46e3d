using System.Collections.Immutable;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using RecoveryVault.Connections;
using RecoveryVault.Keys;

namespace RecoveryVault.Tests.Security;

/// <summary>Whatever holds key bytes prints itself without them.</summary>
public sealed partial class PrintedKeysTests
{
    private static readonly byte[] Secret = [.. Enumerable.Range(0, 32).Select(i => (byte)((i * 37) + 11))];

    private static readonly SecretForms Forms = new(Secret);

    private static readonly Type[] Found = [.. ProductTypes.All.Where(t => IsMade(t) && Holds(t, 3)).OrderBy(t => t.FullName)];

    public static TheoryData<Type> Holders => [.. Found];

    [Fact]
    public void Holders_AreTheOnesWeKnow()
    {
        var holders = Found.Select(t => t.Name).ToList();
        foreach (var name in (string[])["SecretBytes", "DataKey", "ItemKeySet", "ItemSecrets", "PlatformKey", "KeptKey", "PrivateKey"])
            Assert.Contains(name, holders);
        foreach (var name in (string[])["StoredKeyring", "StoredPlatformKey", "SessionTicket", "ConnectionSecret", "ServerRecord"])
            Assert.Contains(name, holders);
    }

    [Theory]
    [MemberData(nameof(Holders))]
    public void KeyHolder_Printed_ShowsNoByteOfIt(Type type)
    {
        var text = Make(type, 3)?.ToString() ?? "";
        Assert.True(!Forms.FindIn(text).Any(), $"{type} prints its bytes: {text}");
    }

    [Fact]
    public void Scan_TypeThatPrintsItsBytes_IsFound()
    {
        Assert.NotEmpty(Forms.FindIn(Make(typeof(Loose), 3)?.ToString() ?? ""));
        Assert.NotEmpty(Forms.FindIn(new Nested((Loose)Make(typeof(Loose), 3)!).ToString()));
    }

    private static bool IsMade(Type type) =>
        !type.IsAbstract
        && !type.IsInterface
        && !type.IsEnum
        && !type.IsByRefLike
        && !type.ContainsGenericParameters
        && !type.IsSubclassOf(typeof(Delegate));

    private static bool Holds(Type type, int depth) =>
        type == typeof(SecretBytes)
        || type == typeof(ConnectionSecret)
        || Fields(type).Any(f => Plant(f) is not null || (depth > 0 && ElementOf(f.FieldType) is { } inner && Holds(inner, depth - 1)));

    /// <summary>One with the secret in every place for bytes, however deep; no constructor is run.</summary>
    private static object? Make(Type type, int depth)
    {
        if (type == typeof(SecretBytes))
            return SecretBytes.CopyOf(Secret);
        if (type == typeof(ConnectionSecret))
            return ConnectionSecret.Parse(Convert.ToHexStringLower(Secret));
        if (!IsMade(type))
            return null;
        var made = RuntimeHelpers.GetUninitializedObject(type);
        foreach (var field in Fields(type).Where(f => !f.IsLiteral))
        {
            var value = Plant(field) ?? (depth > 0 ? MakeFor(field.FieldType, depth - 1) : null);
            if (value is not null)
                field.SetValue(made, value);
        }
        return made;
    }

    private static object? MakeFor(Type type, int depth)
    {
        if (type == typeof(string))
            return "text";
        if (ElementOf(type) is not { } inner || Make(inner, depth) is not { } made)
            return null;
        if (inner == type)
            return made;
        var array = Array.CreateInstance(inner, 1);
        array.SetValue(made, 0);
        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(ImmutableArray<>))
            return Activator.CreateInstance(type, BindingFlags.Instance | BindingFlags.NonPublic, null, [array], null);
        return type.IsInstanceOfType(array) ? array : null;
    }

    private static object? Plant(FieldInfo field) =>
        field.FieldType == typeof(byte[]) ? Secret
        : field.FieldType == typeof(ReadOnlyMemory<byte>) ? new ReadOnlyMemory<byte>(Secret)
        : field.FieldType == typeof(Memory<byte>) ? new Memory<byte>([.. Secret])
        : field.FieldType == typeof(ImmutableArray<byte>) ? ImmutableArray.Create(Secret)
        : field.FieldType == typeof(string) && HoldsSecret().IsMatch(field.Name) ? Convert.ToHexStringLower(Secret)
        : null;

    /// <summary>Where a secret lies is none.</summary>
    [GeneratedRegex("Secret(?!Path)")]
    private static partial Regex HoldsSecret();

    /// <summary>The product's type of a field or of what a list in it holds.</summary>
    private static Type? ElementOf(Type type)
    {
        var inner =
            type.IsArray ? type.GetElementType()
            : type is { IsGenericType: true } ? type.GetGenericArguments()[^1]
            : type;
        return inner is not null && ProductTypes.All.Contains(inner) ? inner : null;
    }

    private static IEnumerable<FieldInfo> Fields(Type type)
    {
        for (var at = type; at is not null && at != typeof(object); at = at.BaseType)
            foreach (var field in at.GetFields(ProductTypes.Declared))
                yield return field;
    }

    private sealed record Nested(Loose Inner);

    private sealed record Loose(byte[] Key)
    {
        public override string ToString() => $"Loose({Convert.ToBase64String(Key)})";
    }
}
