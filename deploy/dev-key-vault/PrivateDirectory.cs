using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace RecoveryVault.DevKeyVault;

/// <summary>The data directory: files that only their owner may read, written whole or not at all.</summary>
internal sealed class PrivateDirectory
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    public PrivateDirectory(string path)
    {
        Path = path;
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(path);
        else
            Directory.CreateDirectory(path, OwnerOnly | UnixFileMode.UserExecute);
    }

    public string Path { get; }

    public string this[string name] => System.IO.Path.Combine(Path, name);

    public T ReadOrMake<T>(string name, JsonTypeInfo<T> type, Func<T> make)
        where T : class
    {
        if (File.Exists(this[name]))
        {
            Protect(name);
            return JsonSerializer.Deserialize(File.ReadAllBytes(this[name]), type) ?? throw new IOException($"{this[name]} is empty.");
        }
        var made = make();
        Write(name, JsonSerializer.SerializeToUtf8Bytes(made, type));
        return made;
    }

    /// <summary>Copied or restored, a file may have become readable to others.</summary>
    public void Protect(string name)
    {
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(this[name], OwnerOnly);
    }

    public void Write(string name, ReadOnlySpan<byte> content)
    {
        var temp = this[$"{name}.{Guid.NewGuid():n}.tmp"];
        using (var file = Open(temp, FileMode.CreateNew))
            file.Write(content);
        File.Move(temp, this[name], overwrite: true);
    }

    public FileStream OpenForAppend(string name) => Open(this[name], FileMode.Append);

    private static FileStream Open(string path, FileMode mode)
    {
        var options = new FileStreamOptions
        {
            Mode = mode,
            Access = FileAccess.Write,
            Share = FileShare.ReadWrite,
        };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = OwnerOnly;
        return new FileStream(path, options);
    }
}
