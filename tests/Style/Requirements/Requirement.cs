namespace RecoveryVault.Tests.Style.Requirements;

/// <summary>
/// One rule of a vault with customer-managed keys. A test that proves it bears <c>[Trait("Requirement", "R25")]</c>, so that
/// <c>dotnet test --filter Requirement=R25</c> runs what proves one.
/// </summary>
/// <param name="Id">R and two more signs at most.</param>
/// <param name="Statement">What holds.</param>
/// <param name="Open">What of it is not built or not proven; null: nothing.</param>
internal sealed record Requirement(string Id, string Statement, string? Open = null);
