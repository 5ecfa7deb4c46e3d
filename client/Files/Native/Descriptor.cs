using Microsoft.Win32.SafeHandles;

namespace RecoveryVault.Files.Native;

/// <summary>An open file descriptor.</summary>
internal sealed class Descriptor : SafeHandleMinusOneIsInvalid
{
    internal Descriptor(int number, bool owned = true)
        : base(owned) => SetHandle(number);

    /// <summary>AT_FDCWD: names are relative to the working directory, or absolute.</summary>
    internal static Descriptor WorkingDirectory { get; } = new(-100, owned: false);

    internal int Number => (int)handle;

    /// <summary>Closes and says what the kernel said: network file systems report a failed write only here.</summary>
    internal int CloseChecked()
    {
        var number = Number;
        SetHandleAsInvalid();
        return Libc.Close(number);
    }

    protected override bool ReleaseHandle() => Libc.Close(Number) == 0;
}
