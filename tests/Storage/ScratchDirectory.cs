namespace RecoveryVault.Tests.Storage;

/// <summary>A directory of one test, removed on dispose.</summary>
internal sealed class ScratchDirectory : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("rvault-test-").FullName;

    /// <summary>A path below it.</summary>
    public string this[string relative] => System.IO.Path.Join(Path, relative);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
