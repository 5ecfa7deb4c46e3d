using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using RecoveryVault.Cli.Output;
using RecoveryVault.Errors;
using RecoveryVault.Reports;

namespace RecoveryVault.Cli.Commands;

/// <summary>Reports and their keys as files of this machine.</summary>
internal static class ReportFiles
{
    /// <summary>More than a silo ever signs, and no more than can be looked at.</summary>
    private const int MaxBytes = 4 << 20;

    private const string KeyLabel = "PUBLIC KEY";

    /// <summary>The option by which commands write their report.</summary>
    public static System.CommandLine.Option<string?> Option()
    {
        var option = CommandParts.Optional(
            "--report",
            "Write the signed report to this new file; 'rvault report verify' checks it.",
            "FILE"
        );
        CommandParts.RefuseEmpty(option);
        return option;
    }

    public static async Task WriteAsync(Invocation run, string? path, ReportDocument document, CancellationToken cancellation)
    {
        if (path is null)
            return;
        await WriteNewAsync(path, JsonSerializer.Serialize(document, OutputJson.Plain.ReportDocument) + "\n", cancellation);
        run.Tell($"The signed report is in {Path.GetFullPath(path)}.");
    }

    /// <summary>An existing file is not overwritten: it may be somebody's evidence.</summary>
    /// <exception cref="VaultException">InvalidRequest.</exception>
    public static async Task WriteNewAsync(string path, string text, CancellationToken cancellation)
    {
        try
        {
            await using var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write);
            await file.WriteAsync(Encoding.UTF8.GetBytes(text), cancellation);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new VaultException(
                ErrorCodes.InvalidRequest,
                $"{path} cannot be written: {e.Message}",
                "Name a new file in a directory that can be written."
            );
        }
    }

    /// <exception cref="VaultException">InvalidRequest: it cannot be read. ReportUnreadable: it is too long for a report.</exception>
    public static async Task<byte[]> ReadAsync(string path, CancellationToken cancellation)
    {
        try
        {
            return new FileInfo(path) is { Exists: true, Length: > MaxBytes }
                ? throw new VaultException(ErrorCodes.ReportUnreadable, $"{path} is longer than any report.")
                : await File.ReadAllBytesAsync(path, cancellation);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new VaultException(ErrorCodes.InvalidRequest, $"{path} cannot be read: {e.Message}", "Name a file that can be read.");
        }
    }

    /// <summary>All public keys of a PEM file.</summary>
    /// <exception cref="VaultException">InvalidRequest.</exception>
    public static async Task<IReadOnlyList<ReportKey>> ReadKeysAsync(string path, CancellationToken cancellation)
    {
        var text = Encoding.UTF8.GetString(await ReadAsync(path, cancellation));
        List<ReportKey> keys = [];
        for (var rest = text.AsSpan(); PemEncoding.TryFind(rest, out var fields); rest = rest[fields.Location.End..])
        {
            if (rest[fields.Label] is KeyLabel)
                keys.Add(new ReportKey("", Convert.ToBase64String(Convert.FromBase64String(rest[fields.Base64Data].ToString()))));
        }
        return keys.Count > 0
            ? keys
            : throw new VaultException(
                ErrorCodes.InvalidRequest,
                $"{path} holds no public key.",
                "Name the file that 'rvault report public-key --out FILE' wrote."
            );
    }
}
