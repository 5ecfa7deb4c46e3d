using System.Text;
using RecoveryVault.Errors;

namespace RecoveryVault.Files;

/// <summary>Reads one exclude pattern (see <see cref="GlobPattern"/>).</summary>
internal sealed class GlobParser(string text)
{
    /// <summary>The longest pattern in bytes.</summary>
    private const int MaxLength = 4096;
    private readonly byte[] _pattern = Encoding.UTF8.GetBytes(text);
    private readonly List<GlobToken> _tokens = [];
    private int _at;

    internal GlobPattern Parse()
    {
        if (_pattern.Length is 0 or > MaxLength)
            throw Invalid($"it has {_pattern.Length} bytes, want 1 to {MaxLength}");
        if (_pattern.Contains((byte)0))
            throw Invalid("it holds a zero byte, which no name does");
        var start = _pattern[0] == '/' ? 1 : 0;
        var end = _pattern[^1] == '/' ? _pattern.Length - 1 : _pattern.Length;
        if (start >= end)
            throw Invalid("it names nothing");
        RequireComponents(_pattern.AsSpan(start, end - start));
        for (_at = start; _at < end; )
            _tokens.Add(Next(end));
        var matchesPath = start == 1 || _pattern.AsSpan(start, end - start).Contains((byte)'/');
        return new(text, [.. _tokens], matchesPath, directoriesOnly: end < _pattern.Length);
    }

    private void RequireComponents(ReadOnlySpan<byte> path)
    {
        foreach (var range in path.Split((byte)'/'))
        {
            var component = path[range];
            if (component.IsEmpty)
                throw Invalid("two slashes follow each other");
            if (component.SequenceEqual("."u8) || component.SequenceEqual(".."u8))
                throw Invalid("no path in a backup has '.' or '..' as a component");
        }
    }

    private GlobToken Next(int end)
    {
        var value = _pattern[_at++];
        switch (value)
        {
            case (byte)'?':
                return new(GlobTokenKind.AnyByte);
            case (byte)'*':
                return Stars(end);
            case (byte)'[':
                return Class(end);
            case (byte)'\\':
                return new(GlobTokenKind.Literal, Escaped(end));
            default:
                return new(GlobTokenKind.Literal, value);
        }
    }

    private GlobToken Stars(int end)
    {
        var first = _at - 1;
        while (_at < end && _pattern[_at] == '*')
            _at++;
        if (_at - first == 1)
            return new(GlobTokenKind.Star);
        var isComponent = (first == 0 || _pattern[first - 1] == '/') && _at < end && _pattern[_at] == '/';
        if (!isComponent)
            return new(GlobTokenKind.DoubleStar);
        _at++;
        return new(GlobTokenKind.Directories);
    }

    private GlobToken Class(int end)
    {
        var members = new bool[256];
        var negated = _at < end && _pattern[_at] is (byte)'!' or (byte)'^';
        if (negated)
            _at++;
        var first = _at;
        while (_at < end && (_pattern[_at] != ']' || _at == first))
            AddRange(members, end);
        if (_at >= end)
            throw Invalid("a class is opened by '[' and not closed by ']'");
        _at++;
        if (negated)
            for (var value = 0; value < members.Length; value++)
                members[value] = !members[value];
        members['/'] = false;
        return new(GlobTokenKind.Class, Members: members);
    }

    private void AddRange(bool[] members, int end)
    {
        var low = Member(end);
        var high = low;
        if (_at + 1 < end && _pattern[_at] == '-' && _pattern[_at + 1] != ']')
        {
            _at++;
            high = Member(end);
        }
        if (high < low)
            throw Invalid("a range in a class runs backwards");
        members.AsSpan(low, high - low + 1).Fill(true);
    }

    private byte Member(int end)
    {
        var value = _pattern[_at++];
        if (value == '/')
            throw Invalid("a class holds '/', which it could never match");
        return value == '\\' ? Escaped(end) : value;
    }

    private byte Escaped(int end)
    {
        if (_at >= end || _pattern[_at] == '/')
            throw Invalid("a backslash has nothing to take as it is");
        return _pattern[_at++];
    }

    private VaultException Invalid(string why) => new(ErrorCodes.InvalidPattern, $"The exclude pattern '{text}' was refused: {why}.");
}
