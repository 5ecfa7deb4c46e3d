using System.CommandLine;

namespace RecoveryVault.DevKeyVault;

/// <summary>Starts the development Key Vault in the foreground and prints what a client needs to know.</summary>
internal static class Program
{
    private static readonly Option<string> Data = new("--data")
    {
        Description = "Certificates, token keys and audit log; made when missing.",
        DefaultValueFactory = _ => Path.Combine(Home, ".config", "recoveryvault", "dev-key-vault"),
        HelpName = "DIR",
    };

    private static readonly Option<string?> Keys = new("--keys")
    {
        Description = "The keys store to serve, such as that of a store of rvault; default: keys below --data.",
        HelpName = "DIR",
    };

    private static readonly Option<int> Port = new("--port")
    {
        Description = "For key vaults, on 127.0.0.1; 0: a free one.",
        HelpName = "PORT",
    };

    private static readonly Option<int> IdentityPort = new("--identity-port")
    {
        Description = "For tokens, on 127.0.0.1; 0: a free one.",
        HelpName = "PORT",
    };

    private static readonly Option<bool> Imds = new("--imds")
    {
        Description = "Also give tokens as the instance metadata service does: without a secret, to any process of this machine.",
    };

    private static readonly Option<bool> Limits = new("--limits")
    {
        Description = "Refuse with 429 what goes beyond Azure's documented limits of transactions.",
    };

    private static string Home => Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);

    public static Task<int> Main(string[] args)
    {
        var command = new RootCommand("A Key Vault for development: behaves as Azure Key Vault does for keys, on this machine only.")
        {
            Data,
            Keys,
            Port,
            IdentityPort,
            Imds,
            Limits,
        };
        command.SetAction(RunAsync);
        return command.Parse(args).InvokeAsync();
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var options = new ServerOptions
        {
            DataPath = Path.GetFullPath(parsed.GetRequiredValue(Data)),
            KeysPath = parsed.GetValue(Keys),
            Port = parsed.GetValue(Port),
            IdentityPort = parsed.GetValue(IdentityPort),
            ServesImds = parsed.GetValue(Imds),
            EnforcesLimits = parsed.GetValue(Limits),
        };
        try
        {
            await using var server = await DevKeyVaultServer.StartAsync(options, TimeProvider.System, cancellation);
            await Console.Out.WriteLineAsync(server.Describe());
            await server.WaitAsync(cancellation);
            return 0;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or Storage.BlobStoreException)
        {
            await Console.Error.WriteLineAsync($"The development Key Vault cannot start: {e.Message}");
            return 1;
        }
    }
}
