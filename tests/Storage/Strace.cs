using System.Text.RegularExpressions;
using RecoveryVault.Tests.Processes;

namespace RecoveryVault.Tests.Storage;

/// <summary>
/// Child processes under strace, which lets chosen system calls fail or kill, and writes down what was called. Calls are named as on x64;
/// arm64 has only the "at" forms of some, so both are meant. strace counts "the n-th" for each call and thread by itself.
/// </summary>
internal static partial class Strace
{
    private static readonly Dictionary<string, string> AtForms = new()
    {
        ["link"] = "linkat",
        ["rename"] = "renameat",
        ["unlink"] = "unlinkat",
        ["mkdir"] = "mkdirat",
    };

    /// <summary>Whether strace is there and may trace.</summary>
    public static bool IsUsable { get; } = OperatingSystem.IsLinux() && ChildProcess.Succeeds("strace", "-qq", "-e", "trace=none", "true");

    /// <summary>A command line that lets the <paramref name="n"/>-th of a call fail with an errno, such as "EIO".</summary>
    public static string[] Failing(string call, string errno, int n) => Injecting(call, $"error={errno}:when={n}");

    /// <summary>A command line that lets every one of some calls (comma-separated) on a file or directory fail.</summary>
    public static string[] FailingOn(string path, string calls, string errno) => [.. Injecting(calls, $"error={errno}"), "-P", path];

    /// <summary>A command line that kills the process with SIGKILL on entering the <paramref name="n"/>-th of a call.</summary>
    public static string[] Killing(string call, int n) => Injecting(call, $"signal=KILL:when={n}");

    /// <summary>A command line that writes some calls down in a file, descriptors with their paths.</summary>
    public static string[] Recording(string calls, string file) =>
        ["strace", "-f", "-qq", "-y", "-s", "0", "-o", file, "-e", $"trace={Names(calls)}"];

    /// <summary>
    /// The recorded calls as "name path path", with <paramref name="root"/> as ".", in order; failed ones end in their errno.
    /// </summary>
    public static IEnumerable<string> Read(string file, string root)
    {
        foreach (var line in File.ReadLines(file))
        {
            var call = CallPattern().Match(line);
            if (!call.Success)
                continue;
            var name =
                AtForms.FirstOrDefault(form => call.Groups["name"].Value.StartsWith(form.Value, StringComparison.Ordinal)).Key
                ?? call.Groups["name"].Value;
            var paths = PathPattern()
                .Matches(call.Groups["arguments"].Value)
                .Select(path => path.Groups["path"].Value)
                .Where(path => path.StartsWith(root, StringComparison.Ordinal));
            yield return string.Join(
                ' ',
                [name, .. paths.Select(path => "." + path[root.Length..]), .. call.Groups["errno"].Captures.Select(errno => errno.Value)]
            );
        }
    }

    private static string[] Injecting(string calls, string what) =>
        ["strace", "-f", "-qq", "-o", "/dev/null", "-e", $"trace={Names(calls)}", "-e", $"inject={Names(calls)}:{what}"];

    private static string Names(string calls) =>
        string.Join(
            ',',
            calls
                .Split(',')
                .SelectMany(call => AtForms.TryGetValue(call, out var at) ? new[] { call, at, at + "2" } : [call])
                .Select(call => "?" + call)
        );

    [GeneratedRegex(@"^\d+ +(?<name>\w+)\((?<arguments>.*)\) += (?:\d+|-1 (?<errno>E\w+).*)$")]
    private static partial Regex CallPattern();

    [GeneratedRegex("(?:<|\")(?<path>/[^>\"]*)(?:>|\")")]
    private static partial Regex PathPattern();
}
