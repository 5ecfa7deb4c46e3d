using System.Diagnostics;
using System.Text.Json;
using RecoveryVault.Format;

namespace RecoveryVault.Tests.Format;

/// <summary>Runs rvread.py, which shares no code with the project, over a directory of exported objects.</summary>
internal sealed class IndependentReader : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("rvread-");

    public string Objects => _folder.CreateSubdirectory("objects").FullName;

    public string Target => Path.Combine(_folder.FullName, "restored");

    public string Export(string name, byte[] content)
    {
        var path = Path.Combine(Objects, name);
        File.WriteAllBytes(path, content);
        return path;
    }

    public string ExportKeys(IEnumerable<DataKey> deks, DataKey sealing, ItemKeySet items, params PlatformKey[] platformKeys)
    {
        var path = Path.Combine(_folder.FullName, "keys.json");
        File.WriteAllText(
            path,
            JsonSerializer.Serialize(
                new
                {
                    deks = deks.ToDictionary(dek => $"{dek.Epoch}", dek => Convert.ToHexStringLower(dek.Secret.Span)),
                    itemIdKey = new Dictionary<string, string>
                    {
                        [$"{sealing.Epoch}"] = Convert.ToHexStringLower(sealing.SealItemIdKey(items)),
                    },
                    platformKeys = platformKeys.ToDictionary(key => $"{key.Id}", key => Convert.ToHexStringLower(key.Secret.Span)),
                }
            )
        );
        return path;
    }

    public static async Task<(int ExitCode, string Output, string Error)> RunAsync(params string[] arguments)
    {
        var script = Path.Combine(AppContext.BaseDirectory, "reader", "rvread.py");
        var start = new ProcessStartInfo("python3", [script, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start) ?? throw new InvalidOperationException("python3 did not start.");
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, await output, await error);
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
