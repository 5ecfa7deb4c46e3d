using System.CommandLine;
using RecoveryVault.Cli.Commands;
using RecoveryVault.KeyVaults;

namespace RecoveryVault.Cli.KeyVaults;

/// <summary>
/// The development server that options or environment name, if they do: then key vaults and identities are there, and never those of the
/// store.
/// </summary>
/// <param name="setting">An option's value, else that of the variable.</param>
internal sealed class NamedServer(Func<Option<string?>, string, string?> setting) : IDisposable
{
    public static readonly Option<string?> Endpoint = Text(
        "--endpoint",
        $"A development server in place of the store's keys, https://HOST:PORT ({KeyVaultAccess.EndpointVariable}).",
        "URI"
    );

    public static readonly Option<string?> Roots = Text(
        "--ca",
        $"The certificates to trust for that server, PEM ({KeyVaultAccess.RootsVariable}).",
        "FILE"
    );

    public static readonly Option<string?> TokenFile = Text(
        "--token-file",
        $"What lets you manage that server ({ManagementToken.FileVariable}).",
        "FILE"
    );

    private ManagementClient? _client;

    /// <summary>Where it is; null: none is named.</summary>
    public Uri? Address => KeyVaultAccess.Read(Setting).Endpoint;

    /// <summary>Whether there is a token to manage a server with.</summary>
    public bool HasToken => setting(TokenFile, ManagementToken.FileVariable) is not null;

    /// <summary>Null: none is named.</summary>
    /// <exception cref="Errors.VaultException">InvalidRequest: it is named in a way that cannot be used.</exception>
    public ManagementClient? Find()
    {
        if (_client is not null)
            return _client;
        var access = KeyVaultAccess.Read(Setting);
        return access.Endpoint is { } endpoint
            ? _client = new ManagementClient(
                endpoint,
                access.ConnectToServer(),
                ManagementToken.Read(setting(TokenFile, ManagementToken.FileVariable))
            )
            : null;
    }

    /// <summary>The options go to a group's commands.</summary>
    public static void AddTo(Command group)
    {
        foreach (var option in (Option[])[Endpoint, Roots, TokenFile])
            group.Options.Add(option);
    }

    public void Dispose() => _client?.Dispose();

    private string? Setting(string variable) =>
        variable switch
        {
            KeyVaultAccess.EndpointVariable => setting(Endpoint, variable),
            KeyVaultAccess.RootsVariable => setting(Roots, variable),
            _ => null,
        };

    private static Option<string?> Text(string name, string description, string placeholder)
    {
        var option = new Option<string?>(name)
        {
            Description = description,
            Recursive = true,
            HelpName = placeholder,
        };
        // A script's variable that is not set must not lead to the store's own keys.
        CommandParts.RefuseEmpty(option);
        return option;
    }
}
