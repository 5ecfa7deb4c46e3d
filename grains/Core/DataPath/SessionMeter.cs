using System.Diagnostics.Metrics;
using RecoveryVault.Reclaim;
using RecoveryVault.Telemetry;

namespace RecoveryVault.DataPath;

/// <summary>The sessions a silo holds.</summary>
internal static class SessionMeter
{
    private static readonly UpDownCounter<long> Open = VaultMeter.UpDown(
        "rvault.sessions.open",
        "{session}",
        "Sessions open in this silo."
    );

    private static readonly Counter<long> PutOffs = VaultMeter.Counter(
        "rvault.sessions.put_off",
        "{session}",
        "Sessions that found no room and were told to come again, each time they asked."
    );

    public static void PutOff(string code) => PutOffs.Add(1, VaultMeter.Tag("error.type", code));

    public static void Opened(IAsyncDisposable session) => Open.Add(1, KindOf(session));

    public static void Ended(IAsyncDisposable session) => Open.Add(-1, KindOf(session));

    private static KeyValuePair<string, object?> KindOf(IAsyncDisposable session) =>
        VaultMeter.Tag(
            "rvault.session.kind",
            session switch
            {
                BackupSession => "backup",
                ReclaimSession => "reclaim",
                _ => "restore",
            }
        );
}
