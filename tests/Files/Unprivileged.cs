using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using RecoveryVault.Tests.Backups;

namespace RecoveryVault.Tests.Files;

/// <summary>
/// Runs code of a test that runs as root as another user: on a thread of its own, whose credentials alone change (the system calls change
/// one thread's, only the C library's wrappers change all). So this user needs no access to the place of the tests.
/// </summary>
internal static partial class Unprivileged
{
    public const uint User = 65534;

    private static readonly bool IsArm64 = RuntimeInformation.ProcessArchitecture == Architecture.Arm64;

    /// <summary>What the code needs is loaded while the loader may still read it.</summary>
    private static readonly Lazy<Task> Loaded = new(async () =>
    {
        using var source = new RawTree().Folder("d").Text("d/f", "x").Symlink("l", "d").Text("g", "y").HardLink("h", "g");
        using var target = new RawTree();
        source.Attribute("d/f", "user.a", "b"u8).Mode("d", 0x140).Mode("d/f", 0);
        Assert.Empty(await new TreePipeline().RoundTripAsync(source.Root, target.Root));
    });

    public static async Task RunAsync(Action action)
    {
        await Loaded.Value;
        ExceptionDispatchInfo? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                Become(User);
                action();
            }
            catch (Exception e)
            {
                failure = ExceptionDispatchInfo.Capture(e);
            }
        });
        thread.Start();
        thread.Join();
        failure?.Throw();
    }

    private static void Become(uint user)
    {
        // No way back: the thread ends with it.
        Require(SetGroups(IsArm64 ? 159 : 116, 0, 0));
        Require(SetIds(IsArm64 ? 149 : 119, user, user, user));
        Require(SetIds(IsArm64 ? 147 : 117, user, user, user));
    }

    private static void Require(nint result)
    {
        if (result != 0)
            throw new InvalidOperationException($"The credentials were not changed: error {Marshal.GetLastPInvokeError()}.");
    }

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint SetGroups(nint number, nint count, nint groups);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint SetIds(nint number, nuint real, nuint effective, nuint saved);
}
