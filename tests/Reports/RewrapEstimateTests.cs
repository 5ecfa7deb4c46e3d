using RecoveryVault.Keys;
using RecoveryVault.Reports;

namespace RecoveryVault.Tests.Reports;

/// <summary>What re-wrapping is said to cost.</summary>
public sealed class RewrapEstimateTests
{
    [Fact]
    public void Of_LocalKeyVault_TakesWhatItsCallsTake()
    {
        var estimate = RewrapEstimate.Of(10, KeyOf("kv", 2048), KeyOf("kv", 2048), TimeSpan.FromMilliseconds(10), _ => null);

        Assert.Equal(4 + 3 + 30, estimate.Calls);
        Assert.Equal(1, estimate.Seconds);
        Assert.Equal(new KeyVaultLoad("kv.vault.localhost", 37, 37, null), Assert.Single(estimate.KeyVaults));
    }

    [Fact]
    public void Of_TwoKeyVaults_CountsEachByTheSizeOfItsKey()
    {
        var estimate = RewrapEstimate.Of(1000, KeyOf("new", 4096), KeyOf("old", 2048), TimeSpan.Zero, _ => 1000);

        Assert.Equal(
            [new KeyVaultLoad("new.vault.localhost", 2004, 16032, 1000), new KeyVaultLoad("old.vault.localhost", 1003, 1003, 1000)],
            estimate.KeyVaults
        );
        // (16,032 - 125) / 75 units a second.
        Assert.Equal(213, estimate.Seconds);
    }

    [Fact]
    public void Of_NothingToRewrap_IsTheLookAlone() =>
        Assert.Equal(4, RewrapEstimate.Of(0, KeyOf("kv", 3072), null, TimeSpan.Zero, _ => 1000).Calls);

    private static KeyVaultKey KeyOf(string keyVault, int bits)
    {
        var id = KeyId.Parse($"https://{keyVault}.vault.localhost/keys/kek/{new string('0', 32)}");
        return new(new KeyProperties(id, true, default, null, null, "Recoverable"), "RSA", bits, [], "", "home");
    }
}
