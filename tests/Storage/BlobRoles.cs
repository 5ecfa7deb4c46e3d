using System.Buffers;
using System.Globalization;
using RecoveryVault.Storage;

namespace RecoveryVault.Tests.Storage;

/// <summary>What child processes do to a file store; the first argument is its root.</summary>
internal static class BlobRoles
{
    /// <summary>
    /// Does each further argument in turn and answers each with a line, "ok" or the <see cref="BlobError"/>: "put:NAME:VERSION:LENGTH",
    /// "create:…" (only if absent), "delete:NAME", "list:PREFIX", "get:NAME".
    /// </summary>
    public static async Task CallsAsync(string[] args)
    {
        var store = new FileBlobStore(args[0]);
        foreach (var call in args[1..])
        {
            try
            {
                await CallAsync(store, call.Split(':'));
                await Console.Out.WriteLineAsync("ok");
            }
            catch (BlobStoreException error)
            {
                await Console.Error.WriteLineAsync(error.ToString());
                await Console.Out.WriteLineAsync(error.Error.ToString());
            }
        }
    }

    /// <summary>
    /// ROOT NAME COUNT: says "ready", and after a line of input increments the number by compare and swap, so many times.
    /// </summary>
    public static async Task IncrementAsync(string[] args)
    {
        var store = new FileBlobStore(args[0]);
        await Console.Out.WriteLineAsync("ready");
        await Console.In.ReadLineAsync();
        for (var i = int.Parse(args[2], CultureInfo.InvariantCulture); i > 0; i--)
            await BlobStoreConformance.IncrementAsync(store, args[1]);
    }

    /// <summary>ROOT LENGTH: replaces blobs "0", "1", "2" by rising versions, each announced by a line before and by "ok" after.</summary>
    public static async Task PutForEverAsync(string[] args)
    {
        var store = new FileBlobStore(args[0]);
        var length = int.Parse(args[1], CultureInfo.InvariantCulture);
        for (var i = 3; ; i++)
        {
            await Console.Out.WriteLineAsync($"{i % 3} {i / 3}");
            await store.PutAsync($"{i % 3}", new ReadOnlySequence<byte>(BlobContent.Version((byte)(i / 3), length)), PutCondition.Always);
            await Console.Out.WriteLineAsync("ok");
        }
    }

    private static Task CallAsync(FileBlobStore store, string[] call) =>
        call[0] switch
        {
            "put" => store.PutAsync(call[1], Content(call), PutCondition.Always),
            "create" => store.PutAsync(call[1], Content(call), PutCondition.IfAbsent),
            "delete" => store.DeleteAsync(call[1]),
            "list" => store.ListAsync(call[1]),
            "get" => store.GetAsync(call[1]),
            _ => throw new ArgumentException($"no call '{call[0]}'"),
        };

    private static ReadOnlySequence<byte> Content(string[] call) =>
        new(BlobContent.Version(byte.Parse(call[2], CultureInfo.InvariantCulture), int.Parse(call[3], CultureInfo.InvariantCulture)));
}
