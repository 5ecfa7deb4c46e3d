using System.Security.Cryptography;

namespace RecoveryVault.Tests.bench.cluster;

/// <summary>The same bytes as one large item, or as several small ones: linked, not copied.</summary>
internal sealed class Sources(string root)
{
    private const int Parts = 16;

    public static Sources Make(string root, int mib, IEnumerable<int> atOnce)
    {
        var parts = Directory.CreateDirectory(Path.Join(root, "parts"));
        for (var n = 0; n < Parts; n++)
        {
            var content = RandomNumberGenerator.GetBytes((mib << 20) / Parts);
            if (n % 2 == 1)
                content = System.Text.Encoding.ASCII.GetBytes(Convert.ToHexString(content.AsSpan(0, content.Length / 2)));
            File.WriteAllBytes(Path.Join(parts.FullName, $"{n}"), content);
        }
        foreach (var items in atOnce)
            for (var n = 0; n < Parts; n++)
            {
                var item = Directory.CreateDirectory(Path.Join(root, $"{items}", $"{n % items}"));
                using var link = System.Diagnostics.Process.Start(
                    "ln",
                    [Path.Join(parts.FullName, $"{n}"), Path.Join(item.FullName, $"{n}")]
                );
                link.WaitForExit();
            }
        return new Sources(root);
    }

    public IReadOnlyList<string> Of(int items) => [.. Enumerable.Range(0, items).Select(n => Path.Join(root, $"{items}", $"{n}"))];
}
