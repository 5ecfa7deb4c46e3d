using System.Diagnostics;
using System.Security.Cryptography;
using RecoveryVault.Backups;
using RecoveryVault.Catalogues;
using RecoveryVault.Files;
using RecoveryVault.Files.Native;
using RecoveryVault.Tests.Processes;
using RecoveryVault.Tests.Storage;

namespace RecoveryVault.Tests.Backups;

public sealed class BlockDeviceTests
{
    private const int Piece = ImageCutter.PieceLength;

    [Fact]
    public void Next_OfADevice_GoesByItsSizeAndReadsHolesToo()
    {
        // A file stands for the device: what is special is that stat says nothing of the size.
        using var source = new SourceStage();
        using (var file = File.OpenHandle(source["disk"], FileMode.Create, FileAccess.Write))
        {
            RandomAccess.SetLength(file, (2 * Piece) + 512);
            RandomAccess.Write(file, "end"u8, (2 * Piece) + 500);
        }
        var path = System.Text.Encoding.UTF8.GetBytes(source["disk"]);
        var descriptor = Libc.Open(Descriptor.WorkingDirectory, path, OpenFlags.NonBlocking, out _)!;
        Assert.Equal(0, Libc.Seek(descriptor, 0, SeekTo.End, out var size));
        using var content = new ContentStream(descriptor, FileAt("disk"), default, size);

        var cutter = new ImageCutter(content);
        var pieces = new[] { cutter.Next(), cutter.Next(), cutter.Next(), cutter.Next() };
        pieces[2]!.Value.Content!.Value.Buffer.Dispose();

        Assert.Equal([Piece, Piece, 512, null], pieces.Select(p => p?.Length));
        Assert.Equal([false, false, true], pieces.Take(3).Select(p => p!.Value.Content is not null));
        Assert.True(ImageRule.IsImage(content, ContentKind.Tree));
        Assert.Null(content.Entry.DataExtents);
    }

    [LoopDeviceFact]
    public async Task BackUp_OfADevice_IsOneFileCutAtFixedPlacesAndAlwaysReadAgain()
    {
        using var source = new SourceStage();
        using var scratch = new ScratchDirectory();
        var image = new byte[(3 * Piece) + 512];
        RandomNumberGenerator.Fill(image.AsSpan(0, Piece));
        RandomNumberGenerator.Fill(image.AsSpan(2 * Piece));
        await File.WriteAllBytesAsync(scratch["image"], image);
        using var loop = new LoopDevice(scratch["image"]);
        File.CreateSymbolicLink(source["disk"], loop.Path);

        var first = await source.BackUpAsync(path: "disk");
        var file = (await source.ListAsync(first)).Single();
        var chunks = await source.ChunksAsync(file);

        Assert.Equal((EntryType.File, (long)image.Length, null), (file.Type, file.Size, file.Identity));
        Assert.Equal([(Piece, false), (Piece, true), (Piece, false), (512, false)], chunks.Select(c => (c.Length, c.IsZero)));
        Assert.True((await source.ReadAsync(file)).AsSpan().SequenceEqual(image));

        "changed"u8.CopyTo(image.AsSpan((2 * Piece) + 4096));
        using (var device = File.OpenHandle(loop.Path, FileMode.Open, FileAccess.Write))
            RandomAccess.Write(device, image.AsSpan((2 * Piece) + 4096, 4096), (2 * Piece) + 4096);
        var second = await source.BackUpAsync(first, path: "disk");

        Assert.Equal(1, second.Put.Count(chunk => chunk.Length == Piece));
        Assert.True((await source.ReadAsync((await source.ListAsync(second)).Single())).AsSpan().SequenceEqual(image));
    }

    private static CatalogueEntry FileAt(string path) =>
        new()
        {
            Path = RelativePath.FromText(path),
            Type = EntryType.File,
            Mode = 0,
            Uid = 0,
            Gid = 0,
            ModifiedAt = default,
        };

    /// <summary>A loop device on a file, until disposed.</summary>
    private sealed class LoopDevice : IDisposable
    {
        public LoopDevice(string file) => Path = Run("losetup", "--find", "--show", file).Trim();

        public string Path { get; }

        public void Dispose() => Run("losetup", "--detach", Path);

        private static string Run(string program, params string[] arguments)
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
            var output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            Assert.Equal(0, process.ExitCode);
            return output;
        }
    }

    /// <summary>
    /// A test on a real loop device. Containers, CI's among them, mostly have none, so it may be skipped there too: what differs from a
    /// file (size, holes, cutting) is tested on a file above.
    /// </summary>
    private sealed class LoopDeviceFactAttribute : FactAttribute
    {
        public LoopDeviceFactAttribute()
        {
            if (!OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess || !ChildProcess.Succeeds("losetup", "--find"))
                Skip = "Needs root and a free loop device (losetup --find).";
        }
    }
}
