namespace RecoveryVault.Tests.Processes;

/// <summary>
/// The entry point of the test assembly as a child process: <c>dotnet RecoveryVault.Tests.dll --role NAME args</c>. Under <c>dotnet
/// test</c> it is never called.
/// </summary>
internal static class Program
{
    private static async Task<int> Main(string[] args)
    {
        if (args is not ["--role", var name, ..] || !Roles.All.TryGetValue(name, out var role))
        {
            await Console.Error.WriteLineAsync($"usage: --role {string.Join('|', Roles.All.Keys)} [args]");
            return 2;
        }
        await role(args[2..]);
        return 0;
    }
}
