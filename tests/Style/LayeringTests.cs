using System.Reflection;
using RecoveryVault.Access;
using RecoveryVault.Embedded;
using RecoveryVault.Storage;

namespace RecoveryVault.Tests.Style;

/// <summary>Who may use whom: silo → grains → contracts ← client, and the core knows no Orleans.</summary>
public sealed class LayeringTests
{
    private const string Contracts = "RecoveryVault.GrainInterfaces";
    private const string Core = "RecoveryVault.Core";
    private const string Grains = "RecoveryVault.Grains";

    public static TheoryData<Assembly, string[]> Layers =>
        new()
        {
            { typeof(VaultRole).Assembly, [] },
            { typeof(IBlobStore).Assembly, [Contracts] },
            { typeof(AccessFilter).Assembly, [Contracts, Core] },
            { typeof(EmbeddedSilo).Assembly, [Contracts, Core, Grains] },
            { typeof(VaultClient).Assembly, [Contracts] },
            { typeof(RecoveryVault.DevKeyVault.DevKeyVaultServer).Assembly, [Contracts, Core] },
        };

    [Theory]
    [MemberData(nameof(Layers))]
    public void Project_References_OnlyWhatItsLayerMayUse(Assembly assembly, string[] allowed)
    {
        var ours = assembly
            .GetReferencedAssemblies()
            .Select(a => a.Name)
            .Where(name => name?.StartsWith("RecoveryVault", StringComparison.Ordinal) == true);

        Assert.Empty(ours.Except(allowed));
    }

    [Fact]
    public void Core_References_NoOrleans()
    {
        var references = typeof(IBlobStore).Assembly.GetReferencedAssemblies().Select(a => a.Name ?? "");

        Assert.DoesNotContain(references, name => name.StartsWith("Orleans", StringComparison.Ordinal));
    }
}
