using RecoveryVault.Errors;

namespace RecoveryVault.Tests.Errors;

/// <summary>The short titles of all codes.</summary>
public sealed class ErrorTitleTests
{
    [Fact]
    public void Titles_OfAllCodes_AreShortWordsAndNoTwoAlike()
    {
        var titles = ErrorTable.All.Select(row => row.Title).ToList();
        Assert.All(titles, title => Assert.Matches("^[A-Z][a-z]+([ -][A-Za-z]+)*$", title));
        Assert.All(titles, title => Assert.InRange(title.Length, 5, 70));
        Assert.Empty(titles.GroupBy(t => t).Where(g => g.Count() > 1).Select(g => g.Key));
    }

    [Theory]
    [InlineData(ErrorCodes.UserErrorCMKKeyDisabled, "Key disabled")]
    [InlineData(ErrorCodes.BackupInProgress, "Backup in progress")]
    [InlineData(ErrorCodes.UserErrorCMKMissingMangedIdentityPermissionOnKeyVault, "Identity lacks a permission on the key vault")]
    [InlineData("CodeOfANewerVersion", "Code of a newer version")]
    public void TitleOf_Code_IsWhatPeopleRead(string code, string title) => Assert.Equal(title, ErrorTable.TitleOf(code));
}
