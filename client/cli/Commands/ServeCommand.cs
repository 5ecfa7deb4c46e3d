using RecoveryVault.Cli.Output;
using RecoveryVault.DataPlane;
using RecoveryVault.Embedded;
using RecoveryVault.Serving;

namespace RecoveryVault.Cli.Commands;

/// <summary><c>rvault serve</c></summary>
internal static class ServeCommand
{
    public static CliCommand Build()
    {
        var dataPlane = CommandParts.Optional("--data-plane", "Where data goes; loopback only (default 127.0.0.1, a free port).", "ADDR");
        var gateway = CommandParts.Optional("--gateway", "Where clients connect; loopback only (default 127.0.0.1, a free port).", "ADDR");
        return new CliCommand(
            "serve",
            "Serves a store to other rvault commands of this user until Ctrl-C; they find it by themselves.",
            "rvault serve",
            "rvault serve --gateway 127.0.0.1:30000 --data-plane 127.0.0.1:30001"
        )
        {
            dataPlane,
            gateway,
        }.Runs(
            async (run, cancellation) =>
            {
                var options = new ServingOptions
                {
                    StorePath = run.StorePath,
                    DataPlane = run.Get(dataPlane) is { } data ? ListenAddress.Parse(data) : ListenAddress.Default,
                    Gateway = run.Get(gateway) is { } gate ? ListenAddress.Parse(gate) : ListenAddress.Default,
                    Limits = LimitSettings.Read(Environment.GetEnvironmentVariable),
                };
                await RunAsync(run, options, cancellation);
            }
        );
    }

    private static async Task RunAsync(Invocation run, ServingOptions options, CancellationToken cancellation)
    {
        var store = await EmbeddedStore.OpenAsync(
            run.StoreOptions(create: true) with
            {
                LeavesToServer = false,
            },
            Invocation.Time,
            cancellation
        );
        ServingSilo serving;
        try
        {
            serving = await ServingSilo.StartAsync(store, options, Invocation.Time, run.Logging, cancellation);
        }
        catch
        {
            store.Dispose();
            throw;
        }
        await using (serving)
        {
            run.Print(
                new ServeShape(options.StorePath, store.Manifest.StoreId, store.KeysPath, $"{serving.Gateway}", serving.DataPlane),
                OutputJson.Plain.ServeShape,
                (console, shown) =>
                    Show.Facts(
                        console,
                        ("Store", shown.Store),
                        ("Keys", shown.Keys),
                        ("Gateway", $"{shown.Gateway} (--cluster)"),
                        ("Data plane", shown.DataPlane)
                    )
            );
            await run.Consoles.OutputWriter.FlushAsync(CancellationToken.None);
            run.Tell("Serving. Ctrl-C ends it.");
            await Task.Delay(Timeout.InfiniteTimeSpan, Invocation.Time, cancellation)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            run.Tell("Ending ...");
        }
    }
}
