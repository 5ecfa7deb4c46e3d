using System.Reflection;
using RecoveryVault.Access;
using RecoveryVault.Errors;

namespace RecoveryVault.Tests.Style;

/// <summary>What every grain contract and error code must carry.</summary>
public sealed class ContractTests
{
    private static IEnumerable<Type> GrainInterfaces =>
        new[] { typeof(VaultRole).Assembly, typeof(AccessFilter).Assembly }
            .SelectMany(a => a.GetTypes())
            .Where(t => t.IsInterface && typeof(IAddressable).IsAssignableFrom(t));

    [Fact]
    public void ClientContract_EveryMethod_SaysWhatItRequires()
    {
        var open = GrainInterfaces.Where(t => t.GetCustomAttribute<GrainsOnlyAttribute>() is null).ToList();
        Assert.NotEmpty(open);

        Assert.Empty(
            open.SelectMany(t => t.GetMethods())
                .Where(m => m.GetCustomAttribute<RequiresAttribute>() is not { Role: > VaultRole.None })
                .Select(Name)
        );
    }

    [Fact]
    public void InternalContract_NoMethod_IsOpenToClients()
    {
        var closed = GrainInterfaces.Where(t => t.GetCustomAttribute<GrainsOnlyAttribute>() is not null).ToList();
        Assert.NotEmpty(closed);

        Assert.Empty(closed.SelectMany(t => t.GetMethods()).Where(m => m.GetCustomAttribute<RequiresAttribute>() is not null).Select(Name));
    }

    [Fact]
    public void InternalContract_Assembly_IsNotTheClients() =>
        Assert.DoesNotContain(typeof(VaultRole).Assembly.GetTypes(), t => t.GetCustomAttribute<GrainsOnlyAttribute>() is not null);

    [Fact]
    public void Contract_EveryInterfaceAndMethod_HasAnAlias()
    {
        var named = GrainInterfaces.SelectMany(t => t.GetMethods().Cast<MemberInfo>().Append(t));

        Assert.Empty(named.Where(m => m.GetCustomAttribute<AliasAttribute>() is null).Select(Name));
    }

    [Fact]
    public void Message_EverySerializedType_HasAnAliasAndIsImmutable()
    {
        var messages = new[] { typeof(VaultRole).Assembly, typeof(AccessFilter).Assembly }
            .SelectMany(a => a.GetTypes())
            .Where(t => t.GetCustomAttribute<GenerateSerializerAttribute>() is not null && t != typeof(VaultException));

        Assert.Empty(
            messages
                .Where(t => t.GetCustomAttribute<AliasAttribute>() is null || t.GetCustomAttribute<ImmutableAttribute>() is null)
                .Select(Name)
        );
    }

    [Fact]
    public void ErrorTable_EveryCode_StandsOnce()
    {
        var codes = typeof(ErrorCodes).GetFields().Select(f => (string?)f.GetRawConstantValue() ?? "").Order(StringComparer.Ordinal);

        Assert.Equal(codes, ErrorTable.All.Select(row => row.Code).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void ErrorTable_EveryRow_SaysCauseAndFix() =>
        Assert.All(
            ErrorTable.All,
            row =>
            {
                Assert.EndsWith(".", row.Cause, StringComparison.Ordinal);
                Assert.NotEmpty(row.Fix);
            }
        );

    private static string Name(MemberInfo member) => $"{member.DeclaringType?.Name}.{member.Name}";
}
