using System.CommandLine;
using System.CommandLine.Parsing;
using RecoveryVault.Keys.Local;
using RecoveryVault.Vaults;

namespace RecoveryVault.Cli.Commands;

/// <summary>Whether data is sealed a second time under the platform keyring, in Azure's words.</summary>
internal enum InfrastructureEncryption
{
    Disabled,
    Enabled,
}

/// <summary>The options that name a customer-managed key, by URI or picked by names, and what is chosen with a vault's first one.</summary>
internal sealed record KeyOptions(
    Option<string?> KeyId,
    Option<string?> KeyVault,
    Option<string?> Key,
    Option<InfrastructureEncryption?> Infrastructure
)
{
    public static KeyOptions Create() =>
        new(
            CommandParts.Optional(
                "--encryption-key-id",
                "The key's URI; with a version at its end the vault stays on that version.",
                "URI"
            ),
            CommandParts.Optional(
                "--key-vault-name",
                "The key vault, together with --key-name: the key is then followed as it rotates.",
                "KV"
            ),
            CommandParts.Optional("--key-name", "The key's name.", "KEY"),
            OptionValues.OneOf(
                "--infrastructure-encryption",
                "Seal everything a second time under a key of the platform keyring. Chosen with the vault's first key, never changed later (default Disabled).",
                "Enabled|Disabled",
                Enum.GetValues<InfrastructureEncryption>()
            )
        );

    public void AddTo(Command command)
    {
        command.Options.Add(KeyId);
        command.Options.Add(KeyVault);
        command.Options.Add(Key);
        command.Options.Add(Infrastructure);
    }

    public bool IsAnyGiven(CommandResult result) =>
        result.GetResult(KeyId) is not null || result.GetResult(KeyVault) is not null || result.GetResult(Key) is not null;

    /// <summary>Refuses anything but one of the two ways as wrong usage.</summary>
    public void RequireOne(CommandResult result)
    {
        var byUri = result.GetResult(KeyId) is not null;
        var byName = result.GetResult(KeyVault) is not null && result.GetResult(Key) is not null;
        var anyName = result.GetResult(KeyVault) is not null || result.GetResult(Key) is not null;
        if (byUri == byName || (byUri && anyName))
            result.AddError("Name the key: either --encryption-key-id URI, or --key-vault-name KV and --key-name KEY.");
    }

    /// <summary>The key's URI; a picked key has none with a version.</summary>
    public string UriOf(Invocation run) =>
        run.Get(KeyId) ?? $"https://{LocalKeyVaults.HostOf(run.Get(KeyVault) ?? "")}/keys/{run.Get(Key)}";

    /// <summary>The same; null when no key was named.</summary>
    public string? FindUri(Invocation run) => run.Get(KeyId) is null && run.Get(Key) is null ? null : UriOf(run);

    public bool? InfrastructureOf(Invocation run) =>
        run.Get(Infrastructure) is { } wanted ? wanted == InfrastructureEncryption.Enabled : null;

    /// <summary>What the choice means for whoever keeps the keys, said when it is made.</summary>
    public static void TellOfInfrastructure(Invocation run, UpdateEncryption request)
    {
        if (request.InfrastructureEncryption == true)
            run.Tell(
                "Infrastructure encryption: without the platform keyring, which lies with this store's keys, nothing in this vault can be restored, whatever becomes of your key. "
                    + "Keep a recovery kit elsewhere: rvault keyvault backup --out FILE"
            );
    }
}
