using System.CommandLine;
using RecoveryVault.Cli.Output;
using RecoveryVault.Errors;
using RecoveryVault.Stores;

namespace RecoveryVault.Cli.Commands;

/// <summary><c>rvault store …</c></summary>
internal static class StoreCommands
{
    public static Command Build() =>
        CommandParts.Group(
            "store",
            "The store itself.",
            StoreCreateCommand.Build(),
            Verify(),
            StoreReclaimCommand.Build(),
            StoreRebuildCommand.Build(),
            PlatformKeyCommands.Build()
        );

    private static CliCommand Verify() =>
        new CliCommand(
            "verify",
            "Reads everything in the store and checks it for bit rot, without any key; damage is exit code 1.",
            "rvault store verify"
        ).Runs(
            async (run, cancellation) =>
            {
                var (blobs, held) = await run.OpenBlobsAsync(cancellation);
                using var _ = held;
                var scrub = new StoreScrub(blobs, (name, fault) => run.Tell($"{name}: {fault}"));
                await ProgressDisplay.RunAsync(
                    run,
                    "Scrubbing",
                    () => new ProgressState(scrub.Blobs, scrub.Bytes, 0),
                    async () =>
                    {
                        await scrub.RunAsync(cancellation);
                        return true;
                    }
                );
                if (scrub.Damaged > 0)
                    throw new VaultException(
                        ErrorCodes.DataBitRot,
                        $"{Show.Count(scrub.Damaged)} of {Show.Count(scrub.Blobs)} objects are damaged; they are listed above."
                    );
                run.Print(
                    new ScrubShape(scrub.Blobs, scrub.Bytes, scrub.Damaged),
                    OutputJson.Plain.ScrubShape,
                    (console, shown) =>
                        Show.Facts(
                            console,
                            ("Objects", Show.Count(shown.Objects)),
                            ("Read", Show.Bytes(shown.Bytes)),
                            ("Damaged", "nothing")
                        )
                );
            }
        );
}
