using RecoveryVault.Cli;
using RecoveryVault.Tests.Storage;

namespace RecoveryVault.Tests.Cli;

/// <summary>
/// A directory with a store, its keys and a source, and commands run on it in this process, which saves each the start of one. They are
/// the very commands of the program: only where they print is another place.
/// </summary>
internal sealed class CommandPlace : IDisposable
{
    private readonly ScratchDirectory _scratch = new();

    public string Store { get; }

    public string Keys => _scratch["keys"];

    /// <summary>A directory with a few files, links and directories in it.</summary>
    public string Source => _scratch["Documents"];

    public string this[string relative] => _scratch[relative];

    /// <summary>The options that make a command work here.</summary>
    public string[] Options => ["--store", Store, "--keys", Keys];

    /// <param name="store">Where the store lies if not here.</param>
    public CommandPlace(string? store = null)
    {
        Store = store ?? _scratch["store"];
        Directory.CreateDirectory(Path.Combine(Source, "letters", "2026"));
        File.WriteAllText(Path.Combine(Source, "letters", "2026", "to-anna.txt"), "Dear Anna");
        File.WriteAllText(Path.Combine(Source, "letters", "draft.tmp"), "not this one");
        File.WriteAllBytes(Path.Combine(Source, "photo.raw"), [.. Enumerable.Range(0, 200_000).Select(i => (byte)(i * i >> 3))]);
        File.CreateSymbolicLink(Path.Combine(Source, "latest"), "letters/2026/to-anna.txt");
    }

    /// <summary>Runs a command on the store here, as JSON.</summary>
    public Task<CommandResult> RunAsync(params string[] command) => RunBareAsync([.. command, .. Options, "-o", "json"]);

    /// <summary>Runs a command on the store here, for people.</summary>
    public Task<CommandResult> RunForPeopleAsync(params string[] command) => RunBareAsync([.. command, .. Options]);

    /// <summary>Runs exactly these arguments.</summary>
    public static async Task<CommandResult> RunBareAsync(params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var code = await CommandLine.RunAsync(arguments, TextWriter.Synchronized(output), TextWriter.Synchronized(error));
        return new CommandResult($"rvault {string.Join(' ', arguments)}", code, output.ToString(), error.ToString());
    }

    /// <summary>A vault with a customer-managed key, as the README makes one.</summary>
    public async Task CreateVaultAsync(string name = "docs", string keyVault = "kv1")
    {
        (await RunAsync("keyvault", "create", "--name", keyVault, "--location", "home", "--enable-purge-protection", "true")).Exits(0);
        (await RunAsync("keyvault", "key", "create", "--vault-name", keyVault, "--name", "kek", "--kty", "RSA", "--size", "2048")).Exits(0);
        (await RunAsync("vault", "create", "--name", name, "--location", "home")).Exits(0);
        var principal = (await RunAsync("vault", "identity", "assign", "--name", name, "--system-assigned")).Exits(0)["principalId"];
        string[] permissions = ["get", "list", "wrapKey", "unwrapKey"];
        (
            await RunAsync(["keyvault", "set-policy", "--name", keyVault, "--object-id", principal, "--key-permissions", .. permissions])
        ).Exits(0);
        (await RunAsync("vault", "encryption", "update", "--name", name, "--key-vault-name", keyVault, "--key-name", "kek")).Exits(0);
    }

    /// <summary>An item of the vault whose source is <see cref="Source"/>.</summary>
    public async Task ProtectAsync(string item, string vault = "docs") =>
        (await RunAsync("protection", "enable", "--vault-name", vault, "--item-name", item, "--source", Source)).Exits(0);

    /// <summary>Runs a command about an item of the vault docs.</summary>
    public Task<CommandResult> RunOnItemAsync(string item, params string[] command) =>
        RunAsync([.. command, "--vault-name", "docs", "--item-name", item]);

    public void Dispose() => _scratch.Dispose();
}

/// <summary>The tests that run commands in this process, one at a time: each of them starts a whole silo.</summary>
[CollectionDefinition(Name)]
public sealed class CommandLineCollection : ICollectionFixture<ReadmeStory>
{
    public const string Name = "command line";
}
