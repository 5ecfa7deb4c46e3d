using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace RecoveryVault.Storage;

/// <summary>
/// A file being written under a random name, locked for as long as its writer lives, and removed on dispose if it still bears that name.
/// </summary>
internal sealed class TempFile : IDisposable
{
    private readonly SafeFileHandle _file;

    private TempFile(string path, SafeFileHandle file) => (Path, _file) = (path, file);

    public string Path { get; }

    public static TempFile Create(string directory)
    {
        while (true)
        {
            var path = System.IO.Path.Join(directory, RandomNumberGenerator.GetHexString(32, lowercase: true));
            var temp = new TempFile(path, Libc.Create(path));
            var safe = false;
            try
            {
                // A sweep may have come between making the file and locking it; once locked and still there it is safe.
                safe = Libc.TryLock(temp._file) && File.Exists(path);
            }
            finally
            {
                if (!safe)
                    temp.Dispose();
            }
            if (safe)
                return temp;
        }
    }

    /// <summary>Writes the parts one after the other and makes them durable.</summary>
    public void Write(IReadOnlyList<ReadOnlyMemory<byte>> parts)
    {
        RandomAccess.Write(_file, parts, 0);
        Libc.Fsync(_file);
    }

    /// <summary>Removes the files of writers that are gone: those whose lock is free.</summary>
    public static void Sweep(string directory)
    {
        foreach (var path in Directory.EnumerateFiles(directory))
        {
            try
            {
                using var file = Libc.TryOpen(path);
                if (file is not null && Libc.TryLock(file))
                    Libc.TryUnlink(path);
            }
            catch (IOException)
            {
                // Another user's file, or a failing disk, which the coming write will report: sweeping is a courtesy.
            }
        }
    }

    public void Dispose()
    {
        try
        {
            Libc.TryUnlink(Path);
        }
        catch (IOException)
        {
            // The outcome of the write stands; the next sweep takes the file.
        }
        _file.Dispose();
    }
}
