using System.Text;
using static RecoveryVault.Errors.ErrorCodes;

namespace RecoveryVault.Errors;

public static partial class ErrorTable
{
    private const string CustomerManagedKeyPrefix = "UserErrorCMK";

    /// <summary>The titles of codes whose own words do not make one; Azure's spelling is kept in the code only.</summary>
    private static readonly Dictionary<string, string> Titles = new(StringComparer.Ordinal)
    {
        [ChunkGarbled] = "Chunk changed on its way",
        [CommandFailed] = "Command that writes the content failed",
        [DataBitRot] = "Stored data changed on its medium",
        [LastRecoveryPoint] = "Last recovery point of the item",
        [NotAStore] = "Directory is no store",
        [ReportOtherKey] = "Report signed with another key",
        [ReportOtherVault] = "Report about another vault",
        [RecoveryKitOtherStore] = "Recovery kit of another store",
        [UnsafePath] = "Path leads out of its root",
        [UserErrorCMKAtCreateRequiresUserAssignedIdentity] = "Key at creation needs a user-assigned identity",
        [UserErrorCMKCannotRevertToPMK] = "No way back to platform-managed keys",
        [UserErrorCMKInvalidKeyUri] = "Key URI is malformed",
        [UserErrorCMKKeyVaultAuthFailure] = "Key vault or key cannot be reached",
        [UserErrorCMKMissingMangedIdentityPermissionOnKeyVault] = "Identity lacks a permission on the key vault",
        [UserErrorCMKProtectionAttempted] = "Vault was used before its key was assigned",
        [UserErrorCMKUserIdentityPrivateEndpointUnsupported] = "User-assigned identity and private endpoints exclude each other",
    };

    /// <summary>A few words for the head of a message: the code's own words, unless the table has better ones.</summary>
    public static string TitleOf(string code) => Titles.GetValueOrDefault(code) ?? WordsOf(code);

    private static string WordsOf(string code)
    {
        var name = code.StartsWith(CustomerManagedKeyPrefix, StringComparison.Ordinal) ? code[CustomerManagedKeyPrefix.Length..] : code;
        var words = new StringBuilder();
        foreach (var letter in name)
        {
            if (char.IsUpper(letter) && words.Length > 0)
                words.Append(' ').Append(char.ToLowerInvariant(letter));
            else
                words.Append(letter);
        }
        return words.ToString();
    }
}
