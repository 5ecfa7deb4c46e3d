using RecoveryVault.Errors;
using RecoveryVault.Vaults;

namespace RecoveryVault.Tests.Vaults;

/// <summary>Private endpoints in a vault's record; the rule that hangs on them is tested on a cluster.</summary>
public sealed class PrivateEndpointTests
{
    private static readonly VaultRecord Vault = VaultRecord.Create(
        VaultId.Create(),
        new CreateVault
        {
            OperationId = Guid.NewGuid(),
            Name = "docs",
            Location = "westeurope",
        },
        "tenant",
        "platform:1",
        DateTimeOffset.UnixEpoch
    );

    [Theory]
    [InlineData("")]
    [InlineData("-office")]
    [InlineData("a b")]
    [InlineData("a/b")]
    [InlineData("a\nb")]
    public void Name_OutsideTheGrammar_IsRefused(string name) =>
        Assert.Equal(
            ErrorCodes.InvalidName,
            Assert.Throws<VaultException>(() => VaultRecord.Require(new ChangePrivateEndpoint(Guid.NewGuid(), name))).Code
        );

    [Fact]
    public void Name_TooLong_IsRefused()
    {
        VaultRecord.Require(new ChangePrivateEndpoint(Guid.NewGuid(), new string('a', 80)));
        Assert.Throws<VaultException>(() => VaultRecord.Require(new ChangePrivateEndpoint(Guid.NewGuid(), new string('a', 81))));
    }

    [Fact]
    public void Add_BeyondTheLimit_IsRefused()
    {
        var full = Enumerable.Range(0, VaultRecord.MaxPrivateEndpoints).Aggregate(Vault, (vault, i) => vault.AddPrivateEndpoint($"p{i}"));

        Assert.Equal(ErrorCodes.InvalidRequest, Assert.Throws<VaultException>(() => full.AddPrivateEndpoint("more")).Code);
        Assert.Same(full, full.AddPrivateEndpoint("P3"));
    }

    [Fact]
    public void Endpoints_ComeAndGo_InOrderOfTheirNames()
    {
        var two = Vault.AddPrivateEndpoint("b").AddPrivateEndpoint("A");

        Assert.Equal<string>(["A", "b"], [.. two.Settings.PrivateEndpoints]);
        Assert.Equal<string>(["b"], [.. two.RemovePrivateEndpoint("a").Settings.PrivateEndpoints]);
        Assert.Same(two, two.RemovePrivateEndpoint("c"));
    }
}
