using System.Globalization;
using RecoveryVault.Connections;
using RecoveryVault.Embedded;
using RecoveryVault.Errors;
using RecoveryVault.Serving;

namespace RecoveryVault.Tests.Upgrade;

/// <summary>
/// STORE KEYS SECRET CURRENT OLDEST: a silo that speaks other contracts and may not join. A process of its own, for where a silo could not
/// start the runtime goes on following its cluster's membership, in a loop that takes a whole processor.
/// </summary>
internal static class OtherReleaseRole
{
    public static async Task RunAsync(string[] args)
    {
        var options = new EmbeddedStoreOptions
        {
            StorePath = args[0],
            KeysPath = args[1],
            Command = "rvault silo",
            Home = args[1],
            Wait = TimeSpan.Zero,
        };
        var settings = SiloSettings.Read(name => name == SecretFile.Variable ? args[2] : null) with
        {
            Contracts = new ContractVersion(NumberOf(args[3]), NumberOf(args[4])),
        };
        using var store = await ClusterStore.OpenAsync(null, options, settings, TimeProvider.System);
        try
        {
            await using var silo = await ClusterSilo.StartAsync(store, settings, TimeProvider.System);
            await Console.Out.WriteLineAsync("started");
        }
        catch (VaultException refusal)
        {
            await Console.Out.WriteLineAsync($"{refusal.Code}: {refusal.Message}");
        }
    }

    private static ushort NumberOf(string text) => ushort.Parse(text, CultureInfo.InvariantCulture);
}
