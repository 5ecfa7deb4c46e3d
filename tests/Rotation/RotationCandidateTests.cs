using RecoveryVault.Keys;
using RecoveryVault.Rotation;

namespace RecoveryVault.Tests.Rotation;

public sealed class RotationCandidateTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    private static KeyId Id(int n) => KeyId.Parse($"https://kv1.vault.localhost/keys/kek/{n:x32}");

    /// <summary>"e" enabled, "d" disabled, "x" expired, "f" valid in the future only; all created in the same second.</summary>
    private static List<KeyProperties> Versions(string states) =>
        [
            .. states.Select(
                (state, i) =>
                    new KeyProperties(
                        Id(i),
                        state != 'd',
                        Now,
                        state == 'f' ? Now.AddSeconds(1) : null,
                        state == 'x' ? Now : null,
                        "Recoverable"
                    )
            ),
        ];

    [Theory]
    [Trait("Requirement", "R54")]
    [InlineData("ed", 0, null)]
    [InlineData("ef", 0, null)]
    [InlineData("ex", 0, null)]
    [InlineData("eed", 0, 1)]
    [InlineData("eef", 0, 1)]
    [InlineData("eee", 0, 2)]
    [InlineData("ee", 1, null)]
    [InlineData("de", 0, null)]
    [InlineData("edd", 0, null)]
    [InlineData("xe", 0, 1)]
    [InlineData("eed", 2, null)]
    [InlineData("e", 7, null)]
    [InlineData("", 0, null)]
    public void Choose_Versions_GivesTheNewestUsableOneAfterAnEnabledCurrentOne(string states, int current, int? expected) =>
        Assert.Equal(expected is { } n ? Id(n) : null, RotationCandidate.Choose(Id(current).ToString(), Versions(states), Now)?.Id);

    [Theory]
    [InlineData("ee", 0, null)]
    [InlineData("de", 0, 1)]
    [InlineData("xe", 0, 1)]
    [InlineData("dd", 0, null)]
    [InlineData("edf", 1, null)]
    [InlineData("dee", 0, 2)]
    [InlineData("ed", 1, null)]
    public void Replace_Target_GivesWayOnlyWhenItCannotBeUsed(string states, int target, int? expected) =>
        Assert.Equal(expected is { } n ? Id(n) : null, RotationCandidate.Replace(Id(target).ToString(), Versions(states), Now)?.Id);
}
