using System.Globalization;
using System.Net;
using Microsoft.Extensions.Logging;
using RecoveryVault.Connections;
using RecoveryVault.DataPath;
using RecoveryVault.DataPlane;
using RecoveryVault.Errors;

namespace RecoveryVault.Serving;

/// <summary>How one silo of a cluster is set up, from its environment.</summary>
public sealed record SiloSettings
{
    private const string AddressUnit = "ADDRESS:PORT of this machine; port 0: a free one";

    public static readonly Setting ClusterIdSetting = new("RVAULT_CLUSTER_ID", "rvault", "1 to 63 letters, digits, '-', '_'", "backup-eu");
    public static readonly Setting ServiceIdSetting = new("RVAULT_SERVICE_ID", "rvault", "1 to 63 letters, digits, '-', '_'", "backup");
    public static readonly Setting SecretSetting = new(SecretFile.Variable, "", "path of a file, mode 0600", "/etc/rvault/secret");
    public static readonly Setting SiloSetting = new("RVAULT_SILO_ADDRESS", "127.0.0.1:0", AddressUnit, "127.0.0.1:11111");
    public static readonly Setting GatewaySetting = new("RVAULT_GATEWAY_ADDRESS", "127.0.0.1:0", AddressUnit, "127.0.0.1:30000");
    public static readonly Setting DataPlaneSetting = new("RVAULT_DATA_PLANE_ADDRESS", "127.0.0.1:0", AddressUnit, "127.0.0.1:30001");
    public static readonly Setting AdvertisedSetting = new("RVAULT_ADVERTISED_ADDRESS", "", "an address of this machine", "127.0.0.1");
    public static readonly Setting DrainSetting = new("RVAULT_DRAIN_SECONDS", "15", "seconds, 0 to 3600", "60");
    public static readonly Setting LogLevelSetting = new(
        "RVAULT_LOG_LEVEL",
        "Warning",
        "Trace, Debug, Information, Warning, Error",
        "Information"
    );

    /// <summary>All of them, as documented.</summary>
    public static IReadOnlyList<Setting> All =>
        [
            ClusterIdSetting,
            ServiceIdSetting,
            SecretSetting,
            SiloSetting,
            GatewaySetting,
            DataPlaneSetting,
            AdvertisedSetting,
            DrainSetting,
            LogLevelSetting,
            LimitSettings.Sessions,
            LimitSettings.SessionsPerClient,
            LimitSettings.Traffic,
        ];

    public required string ClusterId { get; init; }

    public required string ServiceId { get; init; }

    /// <summary>The file of the secret that all connections of the cluster prove.</summary>
    public required string SecretPath { get; init; }

    /// <summary>Where other silos connect.</summary>
    public required IPEndPoint Silo { get; init; }

    /// <summary>Where clients connect.</summary>
    public required IPEndPoint Gateway { get; init; }

    /// <summary>Where their data goes.</summary>
    public required IPEndPoint DataPlane { get; init; }

    /// <summary>What other silos and clients are told as this silo's address.</summary>
    public required IPAddress Advertised { get; init; }

    /// <summary>How long sessions are given to end by themselves when the silo is told to stop.</summary>
    public required TimeSpan Drain { get; init; }

    public required LogLevel LogLevel { get; init; }

    /// <summary>How much it takes on at once.</summary>
    public required SessionLimits Limits { get; init; }

    /// <summary>What this silo speaks.</summary>
    internal ContractVersion Contracts { get; init; } = ContractVersion.Ours;

    /// <param name="variable">Reads an environment variable; empty counts as unset.</param>
    /// <exception cref="VaultException">InvalidRequest; InsecureListenRefused: others could reach one of the addresses.</exception>
    public static SiloSettings Read(Func<string, string?> variable)
    {
        string ValueOf(Setting setting) => variable(setting.Name) is { Length: > 0 } value ? value : setting.Default;
        var silo = AddressOf(SiloSetting, ValueOf(SiloSetting));
        return new SiloSettings
        {
            ClusterId = IdOf(ClusterIdSetting, ValueOf(ClusterIdSetting)),
            ServiceId = IdOf(ServiceIdSetting, ValueOf(ServiceIdSetting)),
            SecretPath = ValueOf(SecretSetting) is { Length: > 0 } path
                ? path
                : throw SecretSetting.Refuse("", "a silo lets nobody in without a secret"),
            Silo = silo,
            Gateway = AddressOf(GatewaySetting, ValueOf(GatewaySetting)),
            DataPlane = AddressOf(DataPlaneSetting, ValueOf(DataPlaneSetting)),
            Advertised = ValueOf(AdvertisedSetting) is { Length: > 0 } address
                ? AddressOf(AdvertisedSetting, address).Address
                : silo.Address,
            Drain = SecondsOf(DrainSetting, ValueOf(DrainSetting)),
            LogLevel = LevelOf(LogLevelSetting, ValueOf(LogLevelSetting)),
            Limits = LimitSettings.Read(variable),
        };
    }

    /// <summary>The id of a cluster or service, from its own variable.</summary>
    public static string IdOf(Setting setting, Func<string, string?> variable) =>
        IdOf(setting, variable(setting.Name) is { Length: > 0 } value ? value : setting.Default);

    private static string IdOf(Setting setting, string value) =>
        value.Length <= 63 && value.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_')
            ? value
            : throw setting.Refuse(value, "it is none");

    private static IPEndPoint AddressOf(Setting setting, string value)
    {
        try
        {
            return ListenAddress.Parse(value);
        }
        catch (VaultException e) when (e.Code == ErrorCodes.InvalidRequest)
        {
            throw setting.Refuse(value, "it is no such address");
        }
        catch (VaultException e)
        {
            throw new VaultException(e.Code, $"{setting.Name}: {e.Message}", e.Recommendation);
        }
    }

    private static TimeSpan SecondsOf(Setting setting, string value) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds <= 3600
            ? TimeSpan.FromSeconds(seconds)
            : throw setting.Refuse(value, "it is no such number");

    private static LogLevel LevelOf(Setting setting, string value) =>
        setting.Unit.Split(", ").Contains(value, StringComparer.OrdinalIgnoreCase)
            ? Enum.Parse<LogLevel>(value, ignoreCase: true)
            : throw setting.Refuse(value, "there is no such level");
}
