using System.Text.Json;
using RecoveryVault.Reports;
using Spectre.Console;

namespace RecoveryVault.Cli.Output;

/// <summary>What a change of key would meet, signed; and, when it would be refused, the error as every refusal has it.</summary>
internal sealed record KeyChangeShape(JsonElement Report, ReportSignature Signature, ErrorShape? Error)
{
    public static KeyChangeShape Of(ReportDocument document, ReportedRefusal? refusal) =>
        new(
            document.Report,
            document.Signature,
            refusal is null ? null : new ErrorShape(refusal.Code, refusal.Message, refusal.Recommendation)
        );
}

/// <summary>A report that was found good.</summary>
/// <param name="Fingerprint">SHA-256 of the public key (hex).</param>
/// <param name="ComparedWith">Where the trusted key came from: "store" or "publicKey".</param>
internal sealed record ReportVerificationShape(
    string Kind,
    string Time,
    string StoreId,
    string VaultId,
    string VaultName,
    long Generation,
    string KeyId,
    string Fingerprint,
    string ComparedWith,
    JsonElement Report
);

/// <summary>A key that checks reports, in the form that other programs read.</summary>
internal sealed record ReportKeyShape(string KeyId, bool Current, string Fingerprint, string PublicKeyPem);

/// <summary>Reports as people read them.</summary>
internal static class ShowReport
{
    public static void KeyChange(IAnsiConsole console, KeyChangeReport report)
    {
        console.WriteLine(
            report.Accepted ? "The change would be taken. Nothing was changed." : "The change would be refused. Nothing was changed."
        );
        Show.Facts(
            console,
            ("Vault", $"{report.VaultName} ({report.VaultId}), generation {report.Generation}"),
            ("Key URI", report.KeyUri),
            ("Version in force", KeyVersionShape.ForPeople(report.KeyVersion)),
            ("New version", NewKeyOf(report)),
            ("Identity", report.Principal),
            ("Items", ItemsOf(report.Items)),
            ("Key Vault calls", LoadOf(report.Estimate))
        );
        console.WriteLine("");
        ShowVaultKey.Checklist(console, report.Checks);
    }

    /// <summary>Who signed it: the key id alone anybody can write.</summary>
    public static void Signature(IAnsiConsole console, ReportHeader report, ReportSignature signature)
    {
        console.WriteLine("");
        console.WriteLine(
            $"Signed {report.Time} with the key of {signature.KeyId}, SHA-256 {ReportDocument.Fingerprint(signature.PublicKey)}."
        );
    }

    public static void Header(IAnsiConsole console, ReportVerificationShape v)
    {
        console.WriteLine(
            "The report is as it was signed, with " + (v.ComparedWith == "store" ? "a key of this store." : "the key that was named.")
        );
        Show.Facts(
            console,
            ("Report", v.Kind),
            ("Time", v.Time),
            ("Store", v.StoreId),
            ("Vault", $"{v.VaultName} ({v.VaultId}), generation {v.Generation}"),
            ("Key", $"{v.KeyId}, SHA-256 {v.Fingerprint}")
        );
        console.WriteLine("");
    }

    private static string? NewKeyOf(KeyChangeReport report) =>
        report.NewKey is not { } key ? null
        : key.KeyVersion == report.KeyVersion ? $"{key.KeyVersion}, the one in force"
        : $"{key.KeyVersion}, {key.KeyType} {key.SizeBits}, {(key.RoundTrip ? "wrapped and unwrapped a test value" : "did not wrap and unwrap")}";

    private static string ItemsOf(ReportedItems items) =>
        (items.Total == 0 ? "none" : $"{Show.Count(items.Total)}, of which {Show.Count(items.ToRewrap)} would be re-wrapped")
        + (
            items.Blocking == 0
                ? ""
                : $"; {items.Blocking} would block it by a key ring that cannot be read: {string.Join(", ", items.BlockingNames)}"
        );

    private static string LoadOf(RewrapEstimate estimate) =>
        estimate.Calls == 0
            ? "none"
            : $"{Show.Count(estimate.Calls)} ({string.Join(", ", estimate.KeyVaults.Select(Describe))}), at least {Show.Count(estimate.Seconds)} s";

    private static string Describe(KeyVaultLoad load) =>
        $"{load.Host}: {Show.Count(load.Calls)}"
        + (load.UnitsPerTenSeconds is { } budget ? $" = {Show.Count(load.Units)} units of {Show.Count(budget)} in 10 s" : "");
}
