namespace RecoveryVault.Tests.Style.Contracts;

/// <summary>
/// What one release says the next one must understand, and the other way round while silos are replaced one by one. The manifest takes new
/// lines with <c>RVAULT_WRITE_TABLES=1 dotnet test --filter ContractManifest</c>; a line that goes, or changes, breaks that promise: see
/// "Upgrades" in ARCHITECTURE.md before it is taken out by hand.
/// </summary>
public sealed class ContractManifestTests
{
    private const string Document = "tests/Style/Contracts/contracts.txt";

    [Theory]
    [InlineData("message rv.A 0: Name String", "message rv.A 1: Name String")]
    [InlineData("message rv.A 0: Name String", "message rv.A 0: Name Int32")]
    [InlineData("method rv.I.Get(): Task", "method rv.I.Get(Guid): Task")]
    [InlineData("record R.name: String", "record R.title: String")]
    [InlineData("record R.name: String", "record R.name: String required")]
    [InlineData("enum E.A = 1", "enum E.A = 2")]
    public void Lost_LineThatChanged_IsFound(string released, string now) =>
        Assert.Equal([released], ContractManifest.Lost([released], new HashSet<string> { now }));

    [Fact]
    public void Contracts_NothingReleased_IsLost() => Assert.Empty(ContractManifest.Lost(Released(), ContractManifest.Current()));

    [Fact]
    public void Contracts_WhatIsNew_StandsInTheManifest()
    {
        var current = ContractManifest.Current();
        if (Environment.GetEnvironmentVariable("RVAULT_WRITE_TABLES") == "1" && ContractManifest.Lost(Released(), current).Count == 0)
            File.WriteAllLines(Path.Combine(Repository.Root, Document), current);
        Assert.Empty(current.Except(Released()));
    }

    [Fact]
    public void Contracts_OfEveryKind_AreFound()
    {
        var current = ContractManifest.Current();
        Assert.All(
            [
                "method rv.",
                "message rv.BeginBackup 0: OperationId Guid",
                "record ItemRecord.ring: RecordRef",
                "enum JobStatus.Completed = ",
            ],
            prefix => Assert.Contains(current, line => line.StartsWith(prefix, StringComparison.Ordinal))
        );
    }

    private static string[] Released() => File.Exists(Path.Combine(Repository.Root, Document)) ? Repository.Lines(Document) : [];
}
