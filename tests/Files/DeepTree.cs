using System.Text;
using RecoveryVault.Files.Native;

namespace RecoveryVault.Tests.Files;

/// <summary>Trees whose paths are longer than any call takes.</summary>
internal static class DeepTree
{
    /// <summary>Directories of one name, each in the one before and each with a file "leaf".</summary>
    public static void Make(RawTree tree, int depth, string name)
    {
        var bytes = Encoding.ASCII.GetBytes(name);
        var current = tree.Handle(".");
        for (var i = 0; i < depth; i++)
        {
            Require(Libc.MakeDirectory(current, bytes, 0x1ED));
            var next = Libc.Open(current, bytes, OpenFlags.PathOnly | OpenFlags.Directory, out var error);
            Require(error);
            current.Dispose();
            current = next ?? throw new InvalidOperationException();
            using var leaf = Libc.Open(current, "leaf"u8, OpenFlags.Write | OpenFlags.CreateNew, out error, 0x1A4);
            Require(error);
        }
        current.Dispose();
    }

    private static void Require(int error)
    {
        if (error != 0)
            throw new IOException(Errno.Describe(error));
    }
}
