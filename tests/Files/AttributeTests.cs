using System.Text;
using RecoveryVault.Catalogues;
using RecoveryVault.Files;
using RecoveryVault.Files.Native;
using RecoveryVault.Tests.Backups;
using RecoveryVault.Tests.Style;

namespace RecoveryVault.Tests.Files;

public sealed class AttributeTests : IDisposable
{
    private readonly RawTree _tree = new();
    private readonly TreePipeline _pipeline = new();

    public void Dispose() => _tree.Dispose();

    /// <summary>A file system in memory, for it holds attributes of any number and size.</summary>
    [LinuxRootFact]
    public async Task BackUp_MoreAttributesThanAnEntryHolds_KeepsTheOthersAndIsReported()
    {
        using var tree = new RawTree("/dev/shm");
        tree.Text("f", "x");
        for (var i = 0; i < 20; i++)
            tree.Attribute("f", $"trusted.a{i:d2}", new byte[65_536]);

        var root = await _pipeline.BackUpAsync(tree.Root);

        var entry = (await _pipeline.ListAsync(root)).Single(entry => entry.Type == EntryType.File);
        Assert.Equal(15, entry.ExtendedAttributes.Length);
        Assert.Equal(5, _pipeline.Problems.Count);
        Assert.All(_pipeline.Problems, problem => Assert.Equal(Errno.E2BIG, problem.Errno));
        Assert.Equal(1, _pipeline.Statistics.FilesUnreadable);
        // Taken over unread, it would be missing the next time without a word.
        Assert.True(entry.ReadAgain);
    }

    [LinuxRootFact]
    public async Task RoundTrip_NamesAndValuesLongerThanOneBuffer_ComeBack()
    {
        using var tree = new RawTree("/dev/shm");
        using var target = new RawTree("/dev/shm");
        tree.Text("f", "x").Symlink("l", "f").Folder("d");
        tree.Attribute("f", "trusted.long", Enumerable.Range(0, 65_536).Select(i => (byte)i).ToArray());
        for (var i = 0; i < 50; i++)
            tree.Attribute("f", $"trusted.{new string('n', 200)}{i:d2}", BitConverter.GetBytes(i));
        tree.Attribute("d", "trusted.empty", []).Attribute("d", "trusted.\u00ff", [0, 255]);

        Assert.Empty(await _pipeline.RoundTripAsync(tree.Root, target.Root));

        Assert.Equal(51, Read(target, "f").Count);
        Assert.Equal(["trusted.empty", "trusted.\u00ff"], Read(target, "d"));
    }

    [LinuxRootFact]
    public async Task RoundTrip_AclsAndCapabilities_ComeBack()
    {
        using var target = new RawTree();
        _tree.Text("f", "x", 0x1A4).Folder("d").Text("d/program", "x", 0x9ED); // 04755
        _tree.Attribute("f", "system.posix_acl_access", Acl(0x4, 0x6)).Attribute("d", "system.posix_acl_default", Acl(0x5, 0x7));
        _tree.Owner("d/program", 1234, 5678).Mode("d/program", 0x9ED);
        // cap_net_raw, effective and permitted, in the format of version 2.
        byte[] capability = [0x01, 0, 0, 0x02, 0, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        _tree.Attribute("d/program", "security.capability", capability);

        Assert.Empty(await _pipeline.RoundTripAsync(_tree.Root, target.Root));

        Assert.Contains("system.posix_acl_access", Read(target, "f"));
        Assert.Equal(["security.capability"], Read(target, "d/program"));
        Assert.Equal((0x9ED, 1234u, 5678u), (target.Stat("d/program").Mode, target.Stat("d/program").Uid, target.Stat("d/program").Gid));
    }

    [LinuxRootFact]
    public async Task Restore_IntoADirectoryWithADefaultAcl_InheritsNothing()
    {
        using var target = new RawTree();
        target.Attribute(".", "system.posix_acl_default", Acl(0x7, 0x7));
        _tree.Folder("d").Text("d/f", "x");

        Assert.Empty(await _pipeline.RoundTripAsync(_tree.Root, target.Root));

        Assert.Empty(Read(target, "."));
        Assert.Empty(Read(target, "d/f"));
    }

    [LinuxRootFact]
    public async Task BackUp_AttributeOfAnUnreadableFile_CountsTheFileOnce()
    {
        _tree.Text("f", "x", 0x180).Attribute("f", "user.a", "b"u8);

        await Unprivileged.RunAsync(() => _ = _pipeline.BackUpAsync(_tree.Root).GetAwaiter().GetResult());

        Assert.Equal(2, _pipeline.Problems.Count);
        Assert.Equal(1, _pipeline.Statistics.FilesUnreadable);
    }

    [LinuxRootFact]
    public async Task BackUp_FileThatDoesNotOpen_KeepsTheAttributesThatCanBeRead()
    {
        _tree.Text("f", "x", 0x180).Attribute("f", "system.posix_acl_access", Acl(0x4, 0x6)).Mode("f", 0x180);
        CatalogueRoot root = default;

        await Unprivileged.RunAsync(() => root = _pipeline.BackUpAsync(_tree.Root).GetAwaiter().GetResult());

        var file = (await _pipeline.ListAsync(root))[1];
        Assert.NotEqual(0, file.ReadError);
        Assert.Equal(["system.posix_acl_access"], file.ExtendedAttributes.Select(a => Encoding.Latin1.GetString(a.Name.Span)));
    }

    private static List<string> Read(RawTree tree, string path)
    {
        var attributes = AttributeReader.Read(tree.Full(path), follow: false, (_, error) => Assert.Fail(Errno.Describe(error)));
        return [.. attributes.Select(attribute => Encoding.Latin1.GetString(attribute.Name.Span))];
    }

    /// <summary>user::rw-, user:1000, group::r--, mask, other::r-- in the kernel's format: version 2, then tag, permissions, id.</summary>
    private static byte[] Acl(ushort user, ushort mask)
    {
        var acl = new List<byte>(BitConverter.GetBytes(2));
        foreach (
            var (tag, permissions, id) in new[]
            {
                (1, 6, uint.MaxValue),
                (2, user, 1000u),
                (4, 4, uint.MaxValue),
                (0x10, mask, uint.MaxValue),
                (0x20, 4, uint.MaxValue),
            }
        )
            acl.AddRange([
                .. BitConverter.GetBytes((ushort)tag),
                .. BitConverter.GetBytes((ushort)permissions),
                .. BitConverter.GetBytes(id),
            ]);
        return [.. acl];
    }
}
