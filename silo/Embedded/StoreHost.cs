using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using RecoveryVault.Access;
using RecoveryVault.DataPath;
using RecoveryVault.Health;
using RecoveryVault.Hosting;
using RecoveryVault.Identities;
using RecoveryVault.Keys;
using RecoveryVault.Keys.Local;
using RecoveryVault.KeyVaults;
using RecoveryVault.Telemetry;

namespace RecoveryVault.Embedded;

/// <summary>Builds the host of a silo on a store; how it is reached, and who keeps its reminders, is the mode's affair.</summary>
internal static class StoreHost
{
    public static IHost Build(
        StoreParts store,
        LocalKeyVaults keyVaults,
        KeyVaultAccess access,
        InProcessDataPlane dataPlane,
        TimeProvider time,
        Action<ILoggingBuilder>? logging,
        string? dataPlaneAddress,
        SessionLimits limits,
        Action<ISiloBuilder> network
    )
    {
        var identities = new UserAssignedIdentities(store.Keys, store.Manifest.StoreId);
        var connector = access.Connect((host, principal) => OpenLocal(keyVaults, identities, host, VaultPrincipal.Parse(principal)), time);
        // Served or not, whoever gets in is the user of this process: connections prove a secret that only he can read.
        var client = new VerifiedClient($"{Environment.UserName}@{Environment.MachineName}", VaultRole.BackupContributor);
        var parts = new SiloParts(store.Blobs, store.Keyring, connector, dataPlane, client)
        {
            DataPlaneAddress = dataPlaneAddress,
            Limits = limits,
            Identities = new IdentityDirectory(identities, access.UsesServer),
        };
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Services.AddSingleton(time);
        if (logging is not null)
            builder.Services.AddLogging(logging);
        builder.UseOrleans(silo =>
        {
            network(silo);
            silo.AddRecoveryVault(parts);
        });
        // Whom nobody can reach nobody watches; a command tells of itself.
        if (dataPlaneAddress is not null)
        {
            builder.Services.AddRecoveryVaultHealth(Environment.GetEnvironmentVariable);
            builder.AddRecoveryVaultTelemetry();
        }
        return builder.Build();
    }

    private static IKeyVault OpenLocal(LocalKeyVaults keyVaults, UserAssignedIdentities identities, string host, VaultPrincipal principal)
    {
        var keys = keyVaults.Open(
            host,
            KeyVaultCaller.Principal(principal.Id, isTrustedService: !principal.IsUserAssigned, tenantId: principal.TenantId)
        );
        return principal.IsUserAssigned ? new IdentityCheckedKeyVault(keys, identities, principal.Id) : keys;
    }
}
