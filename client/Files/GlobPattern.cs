using RecoveryVault.Errors;

namespace RecoveryVault.Files;

/// <summary>
/// An exclude pattern. Patterns match bytes: text is taken as UTF-8, and <c>?</c> or a class stands for one byte.
/// <list type="bullet">
/// <item>A pattern without '/' matches a name at any depth: <c>*.tmp</c>, <c>node_modules</c>.</item>
/// <item>One with '/' matches the whole path from the source's root; a leading '/' changes nothing else: <c>/build</c>,
/// <c>docs/*.pdf</c>.</item>
/// <item>A trailing '/' lets it match directories only; it is not one of the '/' above: <c>cache/</c>.</item>
/// <item><c>*</c> stands for any bytes but '/', <c>?</c> for one, <c>[a-z]</c> for one of the class, <c>[!a-z]</c> or <c>[^a-z]</c> for one
/// outside it.</item>
/// <item><c>**</c> stands for any bytes with '/'. As a whole component before another it also stands for none: <c>a/**/b</c> matches
/// <c>a/b</c>, and <c>a/**</c> all below <c>a</c> but not <c>a</c>.</item>
/// <item>A backslash takes the next byte as it is.</item>
/// </list>
/// What matches is left out with all below it.
/// </summary>
public sealed class GlobPattern
{
    private readonly string _text;
    private readonly GlobToken[] _tokens;

    internal GlobPattern(string text, GlobToken[] tokens, bool matchesPath, bool directoriesOnly)
    {
        (_text, _tokens) = (text, tokens);
        (MatchesPath, DirectoriesOnly) = (matchesPath, directoriesOnly);
    }

    /// <summary>True: the path from the source's root is compared; false: the last name.</summary>
    internal bool MatchesPath { get; }

    internal bool DirectoriesOnly { get; }

    /// <exception cref="VaultException"><see cref="ErrorCodes.InvalidPattern"/>: the pattern cannot be read or could never
    /// match.</exception>
    public static GlobPattern Parse(string text) => new GlobParser(text).Parse();

    /// <summary>
    /// Linear in practice and at worst pattern length times text length: only the last star and the last double star can still have to take
    /// in more, as whatever an earlier one could reach, the later one reaches too.
    /// </summary>
    internal bool Matches(ReadOnlySpan<byte> text)
    {
        var (at, token) = (0, 0);
        var star = new Retry(-1, 0);
        var doubleStar = new Retry(-1, 0);
        while (true)
        {
            if (token == _tokens.Length && at == text.Length)
                return true;
            var kind = token < _tokens.Length ? _tokens[token].Kind : GlobTokenKind.End;
            if (kind == GlobTokenKind.Star)
                star = new(++token, at);
            else if (kind is GlobTokenKind.DoubleStar or GlobTokenKind.Directories)
                (doubleStar, star) = (new(++token, at), new(-1, 0));
            else if (kind != GlobTokenKind.End && at < text.Length && _tokens[token].Matches(text[at]))
                (at, token) = (at + 1, token + 1);
            else if (TakeMore(ref star, text))
                (at, token) = (star.At, star.Token);
            else if (TakeMore(ref doubleStar, text))
                (at, token, star) = (doubleStar.At, doubleStar.Token, new(-1, 0));
            else
                return false;
        }
    }

    /// <inheritdoc/>
    public override string ToString() => _text;

    private bool TakeMore(ref Retry retry, ReadOnlySpan<byte> text)
    {
        if (retry.Token < 0)
            return false;
        var step = _tokens[retry.Token - 1].Kind switch
        {
            GlobTokenKind.Star when retry.At < text.Length && text[retry.At] != '/' => 1,
            GlobTokenKind.DoubleStar when retry.At < text.Length => 1,
            GlobTokenKind.Directories => text[retry.At..].IndexOf((byte)'/') + 1,
            _ => 0,
        };
        retry = retry with { At = retry.At + step };
        return step > 0;
    }

    /// <summary>Where to go on when a star takes in more: the token after it, and the text up to which it took.</summary>
    private readonly record struct Retry(int Token, int At);
}
