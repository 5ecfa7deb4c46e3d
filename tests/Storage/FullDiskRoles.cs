using System.Buffers;
using System.Globalization;
using RecoveryVault.Storage;

namespace RecoveryVault.Tests.Storage;

/// <summary>
/// What a child process does on a file system too small for it; the argument is the place of a new store. Each step says how it went.
/// </summary>
internal static class FullDiskRoles
{
    /// <summary>Puts that do not fit, and one that does.</summary>
    public static async Task FillAsync(string[] args)
    {
        var store = Create(args[0]);
        Console.WriteLine($"put of 300 KB: {await AnswerAsync(store, "a", 1, 300_000)}");
        Console.WriteLine($"replacement by 900 KB: {await AnswerAsync(store, "a", 2, 900_000)}");
        Console.WriteLine($"creation of 900 KB: {await AnswerAsync(store, "b/c", 3, 900_000)}");
        var isWhole = await store.GetAsync("a") is { } blob && BlobContent.RequireWhole(blob.Content.Span) == 1;
        Console.WriteLine(
            $"old content: {(isWhole ? "whole" : "lost")}, temporary files: {TemporaryFiles(args[0])}, blobs: {(await store.ListNamesAsync()).Count}"
        );
        Console.WriteLine($"small put: {await AnswerAsync(store, "b/c", 4, 1_000)}");
    }

    /// <summary>Small puts until nothing fits; then the lock of the store, a read, a deletion and a put again.</summary>
    public static async Task FillUpAsync(string[] args)
    {
        var store = Create(args[0]);
        var count = 0;
        string answer;
        while ((answer = await AnswerAsync(store, $"d{count}/x", (byte)count, 10_000)) == "ok")
            count++;
        Console.WriteLine(answer);
        for (var i = 0; i < count; i++)
        {
            var blob = await store.GetAsync($"d{i}/x") ?? throw new InvalidOperationException($"Blob {i} is gone.");
            if (BlobContent.RequireWhole(blob.Content.Span) != (byte)i)
                throw new InvalidOperationException($"Blob {i} is another.");
        }
        Console.WriteLine($"acknowledged blobs: whole, temporary files: {TemporaryFiles(args[0])}");
        using (await StoreLock.AcquireAsync(args[0], "reader", TimeSpan.Zero, TimeProvider.System))
            await new FileBlobStore(args[0]).GetAsync("d0/x");
        Console.WriteLine("lock and read: ok");
        for (var i = 0; i < 3; i++)
            await store.DeleteAsync(string.Create(CultureInfo.InvariantCulture, $"d{i}/x"));
        Console.WriteLine($"delete and put: {await AnswerAsync(store, "d0/x", 9, 10_000)}");
    }

    private static FileBlobStore Create(string root) => new(root, options: new FileBlobStoreOptions { CreateIfMissing = true });

    private static async Task<string> AnswerAsync(FileBlobStore store, string name, byte version, int length)
    {
        try
        {
            await store.PutAsync(name, new ReadOnlySequence<byte>(BlobContent.Version(version, length)), PutCondition.Always);
            return "ok";
        }
        catch (BlobStoreException error)
        {
            return error.Error.ToString();
        }
    }

    private static int TemporaryFiles(string root) => Directory.GetFiles(Path.Join(root, ".rvault/tmp")).Length;
}
