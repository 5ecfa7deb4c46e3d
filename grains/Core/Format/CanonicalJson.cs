using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace RecoveryVault.Format;

/// <summary>
/// Writes JSON that has one encoding: UTF-8, no white space, fields in the order written, strings escaped as RFC 8785 says (quotation mark,
/// backslash and control characters only), integers in full.
/// </summary>
internal sealed class CanonicalJsonWriter
{
    private static readonly SearchValues<char> Escaped = SearchValues.Create([
        .. Enumerable.Range(0, 0x20).Select(code => (char)code),
        '"',
        '\\',
    ]);

    private readonly StringBuilder _text = new();
    private bool _needsComma;

    /// <exception cref="EncoderFallbackException">A string holds half a surrogate pair.</exception>
    public byte[] ToUtf8() => new UTF8Encoding(false, throwOnInvalidBytes: true).GetBytes(_text.ToString());

    public CanonicalJsonWriter Begin(string? name = null)
    {
        if (name is not null)
            Name(name);
        _text.Append('{');
        _needsComma = false;
        return this;
    }

    public CanonicalJsonWriter End()
    {
        _text.Append('}');
        _needsComma = true;
        return this;
    }

    public CanonicalJsonWriter Field(string name, long value)
    {
        Name(name);
        _text.Append(CultureInfo.InvariantCulture, $"{value}");
        return this;
    }

    public CanonicalJsonWriter Field(string name, string? value)
    {
        Name(name);
        if (value is null)
            _text.Append("null");
        else
            String(value);
        return this;
    }

    private void Name(string name)
    {
        if (_needsComma)
            _text.Append(',');
        String(name);
        _text.Append(':');
        _needsComma = true;
    }

    private void String(string value) => Quote(_text, value);

    /// <summary>Appends a string in quotation marks, escaped.</summary>
    public static StringBuilder Quote(StringBuilder text, string value)
    {
        text.Append('"');
        for (var rest = value.AsSpan(); ; )
        {
            var next = rest.IndexOfAny(Escaped);
            text.Append(next < 0 ? rest : rest[..next]);
            if (next < 0)
                break;
            Escape(text, rest[next]);
            rest = rest[(next + 1)..];
        }
        return text.Append('"');
    }

    private static void Escape(StringBuilder text, char value) =>
        _ = value switch
        {
            '"' => text.Append("\\\""),
            '\\' => text.Append("\\\\"),
            '\b' => text.Append("\\b"),
            '\f' => text.Append("\\f"),
            '\n' => text.Append("\\n"),
            '\r' => text.Append("\\r"),
            '\t' => text.Append("\\t"),
            _ => text.Append(CultureInfo.InvariantCulture, $"\\u{(int)value:x4}"),
        };
}

/// <summary>
/// Reads the fields of canonical JSON in their order. That it was canonical in every byte, the caller finds out by writing it again.
/// </summary>
internal ref struct CanonicalJsonReader(ReadOnlySpan<byte> json)
{
    private const int MaxDepth = 4;

    private Utf8JsonReader _json = new(json, new JsonReaderOptions { MaxDepth = MaxDepth });

    public void Begin(string? name = null)
    {
        if (name is not null)
            Name(name);
        Next(JsonTokenType.StartObject);
    }

    public void End() => Next(JsonTokenType.EndObject);

    /// <summary>Nothing follows the document.</summary>
    public void Finish()
    {
        if (_json.Read())
            throw new FormatException("More than one document.");
    }

    /// <summary>A field that is no negative number.</summary>
    public long Number(string name)
    {
        Name(name);
        Next(JsonTokenType.Number);
        return _json.TryGetInt64(out var value) && value >= 0 ? value : throw new FormatException($"The field {name} is no count.");
    }

    public string? OptionalText(string name)
    {
        Name(name);
        _json.Read();
        return _json.TokenType is JsonTokenType.Null or JsonTokenType.String
            ? _json.GetString()
            : throw new FormatException($"The field {name} is no text.");
    }

    public string Text(string name) => OptionalText(name) ?? throw new FormatException($"The field {name} is missing.");

    private void Name(string name)
    {
        Next(JsonTokenType.PropertyName);
        if (!_json.ValueTextEquals(name))
            throw new FormatException($"The field {name} is not where it belongs.");
    }

    private void Next(JsonTokenType type)
    {
        if (!_json.Read() || _json.TokenType != type)
            throw new FormatException($"A {type} is missing.");
    }
}
