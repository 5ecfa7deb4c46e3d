using System.Text;
using RecoveryVault.Keys.Local;

namespace RecoveryVault.DevKeyVault.Rest;

/// <summary>Cuts lists into pages. The token names the last key that was given, so that pages stay right while keys come and go.</summary>
internal static class KeyPaging
{
    /// <exception cref="Keys.KeyVaultException">400: a token of somebody else's making.</exception>
    public static KeyPage Cut(KeyRequest request, IReadOnlyList<KeyItem> all)
    {
        var page = RestOf(all, request.Query("$skiptoken")).Take(request.PageSize + 1).ToList();
        if (page.Count <= request.PageSize)
            return new(page, null);
        page.RemoveAt(page.Count - 1);
        return new(page, NextLink(request, Sort(page[^1])));
    }

    /// <summary>Keys come by name, versions in the order they were made; a key gone since the last page leaves its name's place.</summary>
    private static IEnumerable<KeyItem> RestOf(IReadOnlyList<KeyItem> all, string? token)
    {
        if (token is null)
            return all;
        var last = Decode(token);
        return all.Any(item => Sort(item) == last)
            ? all.SkipWhile(item => Sort(item) != last).Skip(1)
            : all.SkipWhile(item => string.CompareOrdinal(Sort(item), last) <= 0);
    }

    private static string Sort(KeyItem item) => item.Kid[(item.Kid.LastIndexOf('/') + 1)..].ToLowerInvariant();

    private static string NextLink(KeyRequest request, string last) =>
        $"https://{request.Host}{request.Context.Request.Path}?api-version={Uri.EscapeDataString(request.Query("api-version") ?? "")}"
        + $"&$skiptoken={Convert.ToHexStringLower(Encoding.UTF8.GetBytes(last))}&maxresults={request.PageSize}";

    private static string Decode(string token)
    {
        try
        {
            return Encoding.UTF8.GetString(Convert.FromHexString(token));
        }
        catch (FormatException)
        {
            throw Answers.BadParameter($"The $skiptoken '{token}' is invalid.");
        }
    }
}
