using System.CommandLine;
using Microsoft.Extensions.Logging;
using RecoveryVault.Cli.Output;
using RecoveryVault.Errors;
using RecoveryVault.Serving;
using RecoveryVault.Telemetry;

namespace RecoveryVault.Cli.Commands;

/// <summary><c>rvault silo</c></summary>
internal static class SiloCommand
{
    private const string Name = "silo";

    /// <summary>What ending takes beyond the time that sessions are given.</summary>
    private static readonly TimeSpan EndingPatience = TimeSpan.FromSeconds(25);

    /// <summary>How long a silo that must not go on has to end in order.</summary>
    private static readonly TimeSpan ForcedEndPatience = TimeSpan.FromSeconds(10);

    public static CliCommand Build() =>
        new CliCommand(
            Name,
            "Runs one silo of a cluster until Ctrl-C or SIGTERM, set up by environment variables (deploy/SETTINGS.md).",
            "rvault silo --store /srv/backups --keys /etc/rvault/keys"
        ).Runs(RunAsync);

    /// <summary>How long the process may take to end once it is told to; null: as long as any command.</summary>
    public static TimeSpan? GraceOf(ParseResult parsed)
    {
        if (parsed.CommandResult.Command.Name != Name)
            return null;
        try
        {
            return ReadSettings().Drain + EndingPatience;
        }
        catch (VaultException)
        {
            // The command itself will say what is wrong.
            return null;
        }
    }

    private static SiloSettings ReadSettings() => SiloSettings.Read(Environment.GetEnvironmentVariable);

    private static async Task RunAsync(Invocation run, CancellationToken cancellation)
    {
        var settings = ReadSettings();
        var store = await ClusterStore.OpenAsync(run.RemotePlace, run.PlaceOptions(create: false), settings, Invocation.Time, cancellation);
        ClusterSilo silo;
        try
        {
            silo = await ClusterSilo.StartAsync(
                store,
                settings,
                Invocation.Time,
                logging =>
                    ConsoleLog.AddTo(logging, run.IsVerbose ? LogLevel.Information : settings.LogLevel, Environment.GetEnvironmentVariable),
                run.Tell,
                cancellation
            );
        }
        catch
        {
            store.Dispose();
            throw;
        }
        await ServeAsync(run, store, settings, silo, cancellation);
    }

    private static async Task ServeAsync(
        Invocation run,
        ClusterStore store,
        SiloSettings settings,
        ClusterSilo silo,
        CancellationToken cancellation
    )
    {
        // It outlives the silo, whose end in order it is there to bound.
        ITimer? forced = null;
        try
        {
            await using (silo)
            {
                Describe(run, store, settings, silo);
                await run.Consoles.OutputWriter.FlushAsync(CancellationToken.None);
                run.Tell("Ready. Ctrl-C ends it.");
                await Task.WhenAny(silo.Ended, Task.Delay(Timeout.InfiniteTimeSpan, Invocation.Time, cancellation));
                if (silo.Ended.IsCompleted)
                {
                    var refusal = await silo.Ended;
                    forced = Invocation.Time.CreateTimer(_ => EndNow(run, refusal), null, ForcedEndPatience, Timeout.InfiniteTimeSpan);
                    throw refusal;
                }
                run.Tell($"Ending; sessions have {settings.Drain.TotalSeconds:0} s ...");
                await silo.StopAsync(settings.Drain);
            }
        }
        finally
        {
            if (forced is not null)
                await forced.DisposeAsync();
        }
    }

    /// <summary>A silo that must not go on and does not end in order in time: it says why all the same.</summary>
    private static void EndNow(Invocation run, VaultException refusal)
    {
        run.Fail(refusal);
        Environment.Exit(ExitCodes.Failed);
    }

    private static void Describe(Invocation run, ClusterStore store, SiloSettings settings, ClusterSilo silo) =>
        run.Print(
            new SiloShape(
                settings.ClusterId,
                settings.ServiceId,
                store.Path,
                store.Parts.Manifest.StoreId,
                store.KeysPath,
                $"{silo.Gateway}",
                silo.DataPlane
            ),
            OutputJson.Plain.SiloShape,
            (console, shown) =>
                Show.Facts(
                    console,
                    ("Cluster", $"{shown.ClusterId}, service {shown.ServiceId}"),
                    ("Store", shown.Store),
                    ("Keys", shown.Keys),
                    ("Gateway", $"{shown.Gateway} (--cluster)"),
                    ("Data plane", shown.DataPlane)
                )
        );
}
