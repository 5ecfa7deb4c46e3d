using System.Diagnostics;
using CsCheck;
using RecoveryVault.Catalogues;
using RecoveryVault.Tests.Files;
using RecoveryVault.Tests.Style;

namespace RecoveryVault.Tests.Backups;

/// <summary>What is backed up comes back: compared by our own comparison and by a tool that knows nothing of it.</summary>
public sealed class RoundTripTests
{
    private static readonly string[] Names = ["a", "b", "A", "\u00ff", "\u00c3(", " ", "-n", "a\nb", "...", new('n', 255)];
    private static readonly uint[] Modes = [0, 0x124, 0x1ED, 0x1FF, 0x9ED, 0x5ED, 0x3FF, 0x180];
    private static readonly long[] Seconds = [0, -1, -2_000_000_000, 1_700_000_000, 4_000_000_000, 13_000_000_000];

    private static readonly Gen<Item[]> Items = Gen.Select(
        Gen.Int[0, 9],
        Gen.Int[0, 40],
        Gen.Int[0, Names.Length - 1],
        Gen.Int[0, Modes.Length - 1],
        Gen.Int[0, Seconds.Length - 1],
        Gen.Int[0, 999_999_999],
        Gen.Int[0, 5],
        (kind, parent, name, mode, seconds, nanoseconds, extra) => new Item(kind, parent, name, mode, seconds, nanoseconds, extra)
    ).Array[0, 30];

    [LinuxRootFact]
    public void AnyTree_ComesBackAsItWas() =>
        Items.Sample(
            items =>
            {
                using var source = new RawTree();
                using var target = new RawTree();
                Build(source, items);
                Assert.Empty(new TreePipeline().RoundTripAsync(source.Root, target.Root).GetAwaiter().GetResult());
                Assert.Equal(0, source.OpenCount + target.OpenCount);
            },
            iter: TestScale.Iterations(60),
            threads: 1
        );

    [RsyncFact]
    public async Task EveryKindOfFile_ComesBackEqual_SaysRsync()
    {
        using var source = new RawTree();
        using var target = new RawTree();
        BuildEverything(source);
        Assert.Empty(await new TreePipeline().RoundTripAsync(source.Root, target.Root));

        Assert.Equal("", Rsync(source.Root, target.Root));

        // It would have told of each of these.
        target.Time("plain", 5, 5).Mode("dir", 0x1FF).Remove("link").Symlink("link", "elsewhere").Remove("hard2").Text("hard2", "hard");
        var told = Rsync(source.Root, target.Root);
        foreach (var name in "plain dir link hard2".Split(' '))
            Assert.Contains(name, told, StringComparison.Ordinal);
    }

    [LinuxRootFact]
    public async Task DeepTree_ComesBackAsItWas()
    {
        using var source = new RawTree();
        using var target = new RawTree();
        DeepTree.Make(source, 300, new string('d', 200));
        Assert.Empty(await new TreePipeline().RoundTripAsync(source.Root, target.Root));
        Assert.Equal(0, source.OpenCount + target.OpenCount);
    }

    [LinuxRootFact]
    public async Task UsersTree_RestoredByThatUser_ComesBackButForWhatOnlyRootRestores()
    {
        using var source = new RawTree();
        using var target = new RawTree();
        source.Folder("closed").Folder("closed/inner").Text("closed/inner/f", "x").HardLink("z-link", "closed/inner/f");
        source.Folder("device").Node("device/null", EntryType.CharacterDevice, new(1, 3)).Text("setuid", "x").Text("mine", "x");
        source.Attribute("mine", "user.a", "b"u8).Attribute("mine", "trusted.b", "c"u8).Owner("mine", Unprivileged.User, Unprivileged.User);
        source.Mode("closed/inner", 0x140).Mode("closed", 0x16D).Mode("setuid", 0x9ED).Mode("device", 0x1C0);
        target.Owner(".", Unprivileged.User, Unprivileged.User);
        var pipeline = new TreePipeline();
        var root = await pipeline.BackUpAsync(source.Root);

        await Unprivileged.RunAsync(() => pipeline.RestoreHere(root, target.Root));

        Assert.Empty(pipeline.RestoreProblems);
        Assert.Equal(
            "Restored without root: 6 owners not restored, 1 set-id bits dropped, 1 device nodes skipped, 1 privileged attributes skipped.",
            pipeline.Notes
        );
        Assert.Equal((0x16D, 0x140, 0x1ED), (target.Stat("closed").Mode, target.Stat("closed/inner").Mode, target.Stat("setuid").Mode));
        Assert.Equal(source.Stat("closed").ModifiedAt, target.Stat("closed").ModifiedAt);
        Assert.Equal(target.Stat("z-link").Id, target.Stat("closed/inner/f").Id);
        Assert.False(target.Exists("device/null"));
    }

    private static void Build(RawTree tree, Item[] items)
    {
        var folders = new List<string> { "" };
        var files = new List<string>();
        var made = new List<(string Path, Item Item)>();
        foreach (var item in items)
        {
            var path = Path.Join(folders[item.Parent % folders.Count], Names[item.Name]);
            if (path.Length > 3000 || tree.Exists(path))
                continue;
            Make(tree, path, item, folders, files);
            made.Add((path, item));
        }
        // Contents change a directory's time and need its mode: from the bottom up.
        foreach (var (path, item) in Enumerable.Reverse(made))
            Describe(tree, path, item);
        tree.Time(".", 1_234_567_890, 987_654_321).Mode(".", 0x1ED);
    }

    private static void Make(RawTree tree, string path, Item item, List<string> folders, List<string> files)
    {
        switch (item.Kind)
        {
            case 0 or 1 or 2:
                tree.Folder(path);
                folders.Add(path);
                break;
            case 3:
                tree.Symlink(path, item.Extra == 0 ? "/etc/passwd" : "../\u00ff");
                break;
            case 4 when files.Count > 0:
                tree.HardLink(path, files[item.Extra % files.Count]);
                break;
            case 5:
                tree.Node(path, item.Extra > 2 ? EntryType.Fifo : EntryType.Socket);
                break;
            case 6:
                tree.Node(path, item.Extra > 2 ? EntryType.BlockDevice : EntryType.CharacterDevice, new(7, 1000));
                break;
            case 7:
                tree.Sparse(path, 1 << 24, (item.Extra * 100_000, [1, 2, 3]), (1 << 23, new byte[70_000]));
                files.Add(path);
                break;
            default:
                tree.Content(path, Enumerable.Range(0, item.Extra * 40_000).Select(i => (byte)(i * item.Extra)).ToArray());
                files.Add(path);
                break;
        }
    }

    private static void Describe(RawTree tree, string path, Item item)
    {
        if (item.Kind is 0 or 8 && item.Extra > 2)
            tree.Attribute(path, "user.\u00ff", [1, 0, 2]);
        tree.Owner(path, (uint)item.Extra * 1000, 3);
        if (item.Kind != 3)
            tree.Mode(path, Modes[item.Mode]);
        tree.Time(path, Seconds[item.Seconds], item.Nanoseconds);
    }

    private static void BuildEverything(RawTree tree)
    {
        tree.Text("plain", "content").Content("empty", []).Content("large", new byte[3_000_001]).Folder("dir").Folder("emptydir", 0x3FF);
        tree.Text("\u00ff\u00fe", "not UTF-8").Text(new string('n', 255), "long").Text("hard1", "hard").HardLink("hard2", "hard1");
        tree.HardLink("dir/hard3", "hard1").Symlink("link", "\u00ff").Symlink("absolute", "/etc/passwd").Symlink("dir/up", "../..");
        tree.Node("fifo", EntryType.Fifo).Node("socket", EntryType.Socket).Node("null", EntryType.CharacterDevice, new(1, 3));
        tree.Node("loop", EntryType.BlockDevice, new(7, 0)).HardLink("dir/fifo2", "fifo").Sparse("sparse", 1L << 30, (1 << 20, [1, 2, 3]));
        tree.Text("attributes", "x").Attribute("attributes", "user.a", "b"u8).Attribute("attributes", "trusted.c", [0, 255]);
        tree.Attribute("link", "trusted.onlink", "x"u8).Text("program", "x").Owner("program", 12, 34).Mode("program", 0xDED);
        tree.Time("plain", -1_000_000, 1).Time("link", 13_000_000_000, 999_999_999).Time("dir", 1, 2).Owner("link", 5, 6);
        tree.Time("fifo", 3, 4).Owner("dir", 7, 8).Mode("dir", 0x168);
    }

    /// <summary>What it would copy: content, modes, owners, times, links, devices, attributes; nothing when the trees are equal.</summary>
    private static string Rsync(string source, string target)
    {
        using var rsync =
            Process.Start(
                new ProcessStartInfo("rsync", ["-nacHAX", "--delete", "--itemize-changes", $"{source}/", $"{target}/"])
                {
                    RedirectStandardOutput = true,
                    RedirectStandardError = true,
                    Environment = { ["LC_ALL"] = "C" },
                }
            ) ?? throw new InvalidOperationException("rsync did not start.");
        var output = rsync.StandardOutput.ReadToEnd() + rsync.StandardError.ReadToEnd();
        rsync.WaitForExit();
        Assert.Equal(0, rsync.ExitCode);
        return output;
    }

    private sealed record Item(int Kind, int Parent, int Name, int Mode, int Seconds, int Nanoseconds, int Extra);
}
