using System.CommandLine;
using System.Globalization;
using System.Security.Cryptography;
using RecoveryVault.Cli.Output;
using RecoveryVault.Errors;
using RecoveryVault.Reports;
using Spectre.Console;

namespace RecoveryVault.Cli.Commands;

/// <summary><c>rvault report …</c>: signed reports, for those who were handed one.</summary>
internal static class ReportCommands
{
    public static Command Build() =>
        CommandParts.Group("report", "Signed reports: what --report wrote, checked by whoever was handed it.", Verify(), PublicKey());

    private static CliCommand PublicKey()
    {
        var file = CommandParts.Optional("--out", "Write the key that signs now to this new file.", "FILE");
        CommandParts.RefuseEmpty(file);
        return new CliCommand(
            "public-key",
            "Prints the public keys that check this store's reports: give them to an auditor on a way he trusts.",
            "rvault report public-key --out docs-reports.pem"
        )
        {
            file,
        }.Runs(
            async (run, cancellation) =>
            {
                var keys = await (await run.ConnectAsync(cancellation: cancellation)).Directory.ListReportKeysAsync();
                ReportKeyShape[] shown = [.. keys.Select((key, i) => ShapeOf(key, isCurrent: i == 0))];
                if (run.Get(file) is { } path)
                    await ReportFiles.WriteNewAsync(path, shown[0].PublicKeyPem + "\n", cancellation);
                run.Print(shown, OutputJson.Plain.ReportKeyShapeArray, ShowKeys);
            }
        );
    }

    private static ReportKeyShape ShapeOf(ReportKey key, bool isCurrent) =>
        new(
            key.KeyId,
            isCurrent,
            ReportDocument.Fingerprint(key.PublicKey),
            PemEncoding.WriteString("PUBLIC KEY", Convert.FromBase64String(key.PublicKey))
        );

    private static void ShowKeys(IAnsiConsole console, ReportKeyShape[] keys)
    {
        foreach (var key in keys)
        {
            console.WriteLine($"{key.KeyId}{(key.Current ? ", which signs now" : ", of earlier reports")}, SHA-256 {key.Fingerprint}");
            console.WriteLine(key.PublicKeyPem);
        }
    }

    private static CliCommand Verify()
    {
        var file = CommandParts.FilePath("--in", "The report.", "FILE");
        var publicKey = CommandParts.Optional(
            "--public-key",
            "The store's public key as 'rvault report public-key' prints it; then no store is needed.",
            "FILE"
        );
        CommandParts.RefuseEmpty(publicKey);
        var vaultId = CommandParts.Optional("--vault-id", "Only a report about the vault of this id is accepted.", "ID");
        var maxAge = OptionValues.Number("--max-age", "Only a report made within so many hours is accepted.", "HOURS");
        return new CliCommand(
            "verify",
            "Checks who signed a report, and that nothing in it was changed since.",
            "rvault report verify --in docs-versions.json",
            "rvault report verify --in docs-versions.json --public-key docs-reports.pem --max-age 24"
        )
        {
            file,
            publicKey,
            vaultId,
            maxAge,
        }.Runs(
            async (run, cancellation) =>
            {
                var document = ReportDocument.Parse(await ReportFiles.ReadAsync(run.Require(file), cancellation));
                var trusted = run.Get(publicKey) is { } path
                    ? await ReportFiles.ReadKeysAsync(path, cancellation)
                    : await (await run.ConnectAsync(cancellation: cancellation)).Directory.ListReportKeysAsync();
                document.Verify([.. trusted]);
                var header = document.ReadHeader();
                Require(header, run.Get(vaultId), run.Get(maxAge));
                var shape = ShapeOf(header, document, run.Get(publicKey) is null ? "store" : "publicKey");
                run.Print(shape, OutputJson.Plain.ReportVerificationShape, (console, v) => ShowVerified(console, v, document));
            }
        );
    }

    private static void Require(ReportHeader header, string? vaultId, int? maxAge)
    {
        if (vaultId is not null && !string.Equals(vaultId, header.VaultId, StringComparison.OrdinalIgnoreCase))
            throw new VaultException(
                ErrorCodes.ReportOtherVault,
                $"The report is about vault '{header.VaultName}' ({header.VaultId}), not about {vaultId}."
            );
        var made = DateTimeOffset.Parse(header.Time, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
        if (maxAge is { } hours && Invocation.Time.GetUtcNow() - made > TimeSpan.FromHours(hours))
            throw new VaultException(ErrorCodes.ReportOutdated, $"The report was made on {header.Time}, more than {hours} hour(s) ago.");
    }

    private static ReportVerificationShape ShapeOf(ReportHeader header, ReportDocument document, string comparedWith) =>
        new(
            header.Kind,
            header.Time,
            header.StoreId,
            header.VaultId,
            header.VaultName,
            header.Generation,
            document.Signature.KeyId,
            ReportDocument.Fingerprint(document.Signature.PublicKey),
            comparedWith,
            document.Report
        );

    private static void ShowVerified(IAnsiConsole console, ReportVerificationShape shape, ReportDocument document)
    {
        ShowReport.Header(console, shape);
        if (shape.Kind == ReportKinds.KeyChange)
            ShowReport.KeyChange(console, document.Read(ReportJson.Default.KeyChangeReport));
        else if (shape.Kind == ReportKinds.KeyVersions)
            ShowVaultKey.Versions(console, document.Read(ReportJson.Default.KeyVersionsReport).Versions);
    }
}
