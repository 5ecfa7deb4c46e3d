namespace RecoveryVault.Tests.Style.Requirements;

/// <summary>
/// No test proves what is no requirement, no requirement is silently without a test, and the table says what the tests say. It is written
/// anew by <c>RVAULT_WRITE_TABLES=1 dotnet test --filter RequirementTable</c>.
/// </summary>
public sealed class RequirementTableTests
{
    [Fact]
    public void Trait_OfAnUnknownRequirement_IsFound() =>
        Assert.Empty(RequirementTable.Proofs.Select(proof => proof.Key).Except(RequirementList.All.Select(r => r.Id)));

    [Fact]
    public void Requirement_WithoutATest_SaysWhatIsMissing() =>
        Assert.Empty(RequirementList.All.Where(r => !RequirementTable.Proofs[r.Id].Any() && r.Open is null).Select(r => r.Id));

    [Fact]
    public void Requirement_EveryId_StandsOnceInOneLine()
    {
        Assert.Equal(76, RequirementList.All.Select(r => r.Id).Distinct().Count());
        Assert.Equal(76, RequirementList.All.Count);
        Assert.DoesNotContain(RequirementList.All, r => $"{r.Statement}{r.Open}".AsSpan().ContainsAny('|', '\n'));
    }

    [Fact]
    public void Table_InTheArchitecture_IsWhatTheTestsSay()
    {
        var written = Repository.Read(RequirementTable.Document);
        var expected = RequirementTable.Place(written);
        if (Environment.GetEnvironmentVariable("RVAULT_WRITE_TABLES") == "1")
            File.WriteAllText(Path.Combine(Repository.Root, RequirementTable.Document), expected);
        else
            Assert.True(
                expected == written,
                $"The table of requirements is stale: run RVAULT_WRITE_TABLES=1 dotnet test --filter RequirementTable and commit."
            );
    }
}
