using System.Runtime.InteropServices;
using System.Security.Cryptography;
using RecoveryVault.Cli.Output;
using RecoveryVault.Embedded;
using RecoveryVault.Errors;
using RecoveryVault.Keys;
using Spectre.Console;

namespace RecoveryVault.Cli.Commands;

/// <summary><c>rvault keyvault backup</c> and <c>restore</c>: the recovery kit.</summary>
internal static class RecoveryKitCommands
{
    private const string PassphraseVariable = "RVAULT_PASSPHRASE";

    public static CliCommand Backup()
    {
        var file = CommandParts.FilePath("--out", "The file to write; an existing one is not overwritten.", "FILE");
        return new CliCommand(
            "backup",
            "Writes a recovery kit: all keys of the store in one file under a passphrase (RVAULT_PASSPHRASE, or asked for).",
            "rvault keyvault backup --out /media/usb/docs.rvkit"
        )
        {
            file,
        }.Runs(
            async (run, cancellation) =>
            {
                var (keys, storeId) = await run.OpenKeysAsync(create: false, cancellation);
                var path = Path.GetFullPath(run.Require(file));
                var passphrase = ReadPassphrase(run, confirm: true);
                try
                {
                    var count = await WriteNewAsync(
                        path,
                        kit => RecoveryKit.ExportAsync(keys, storeId, kit, passphrase, Invocation.Time, cancellation)
                    );
                    run.Print(
                        new RecoveryKitShape(path, storeId, count),
                        OutputJson.Plain.RecoveryKitShape,
                        (console, kit) =>
                            console.WriteLine(
                                $"{kit.File} holds the keys of store {kit.StoreId}. Keep it, and its passphrase, somewhere else than this machine. Keys made later are not in it."
                            )
                    );
                    if (run.KeyVaultServer is { } server)
                        run.Tell($"It holds no key of the development Key Vault at {server}: copy that server's keys directory.");
                }
                finally
                {
                    CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(passphrase.AsSpan()));
                }
            }
        );
    }

    public static CliCommand Restore()
    {
        var file = CommandParts.FilePath("--in", "The recovery kit.", "FILE");
        return new CliCommand(
            "restore",
            "Brings the keys of a store back from a recovery kit; keys that are there and differ are never overwritten.",
            "rvault keyvault restore --in /media/usb/docs.rvkit --store /mnt/backup"
        )
        {
            file,
        }.Runs(
            async (run, cancellation) =>
            {
                var passphrase = ReadPassphrase(run, confirm: false);
                try
                {
                    await using var kit = OpenKit(Path.GetFullPath(run.Require(file)));
                    var (count, storeId, place) = await EmbeddedStore.RestoreKeysAsync(
                        run.StoreOptions(create: false),
                        kit,
                        passphrase,
                        Invocation.Time,
                        cancellation
                    );
                    run.Print(
                        new RecoveryKitShape(place, storeId, count),
                        OutputJson.Plain.RecoveryKitShape,
                        (console, restored) => console.WriteLine($"The keys of store {restored.StoreId} are in {restored.File} again.")
                    );
                }
                finally
                {
                    CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(passphrase.AsSpan()));
                }
            }
        );
    }

    private static async Task<int> WriteNewAsync(string path, Func<Stream, Task<int>> write)
    {
        try
        {
            await using var kit = PrivateFiles.CreateNew(path);
            try
            {
                return await write(kit);
            }
            catch
            {
                File.Delete(path);
                throw;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new VaultException(
                ErrorCodes.InvalidRequest,
                $"The recovery kit cannot be written to {path}: {e.Message}",
                "Name a new file in a directory that can be written."
            );
        }
    }

    private static FileStream OpenKit(string path)
    {
        try
        {
            return File.OpenRead(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new VaultException(
                ErrorCodes.InvalidRequest,
                $"The recovery kit cannot be read: {e.Message}",
                "Name the file that 'rvault keyvault backup' wrote."
            );
        }
    }

    private static char[] ReadPassphrase(Invocation run, bool confirm)
    {
        if (Environment.GetEnvironmentVariable(PassphraseVariable) is { Length: > 0 } given)
            return given.ToCharArray();
        if (Console.IsInputRedirected)
            throw new VaultException(
                ErrorCodes.InvalidRequest,
                "A recovery kit needs a passphrase, and there is no terminal to ask at.",
                $"Give it in {PassphraseVariable}."
            );
        var passphrase = run.Consoles.Error.Prompt(new TextPrompt<string>("Passphrase:").Secret());
        if (confirm && run.Consoles.Error.Prompt(new TextPrompt<string>("Again:").Secret()) != passphrase)
            throw new VaultException(ErrorCodes.InvalidRequest, "The two passphrases differ.", "Try again.");
        return passphrase.ToCharArray();
    }
}
