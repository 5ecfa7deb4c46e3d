using RecoveryVault.Streams;
using RecoveryVault.Tests.Storage;

namespace RecoveryVault.Tests.Streams;

public sealed class ProgramPathTests
{
    [Theory]
    [InlineData("")]
    [InlineData("no-such-program-anywhere")]
    public void Find_NowhereInPath_IsNull(string program) => Assert.Null(ProgramPath.Find(program));

    /// <summary>It lies beside our own program, which PATH does not name: .NET would find it there.</summary>
    [Fact]
    public void Find_BesideOurOwnProgramOnly_IsNull()
    {
        Assert.True(File.Exists(Path.Combine(AppContext.BaseDirectory, "rvault.dll")));
        Assert.Null(ProgramPath.Find("rvault.dll"));
    }

    [Fact]
    public void Find_InPath_IsItsAbsolutePath() => Assert.True(Path.IsPathFullyQualified(ProgramPath.Find("sh") ?? ""));

    [Fact]
    public void Find_WithASlash_IsThatPath()
    {
        using var scratch = new ScratchDirectory();
        Assert.Equal(scratch["tool"], ProgramPath.Find(scratch["tool"]));
        Assert.Equal(Path.GetFullPath("./tool"), ProgramPath.Find("./tool"));
    }
}
