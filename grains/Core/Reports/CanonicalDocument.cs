using System.Globalization;
using System.Text;
using System.Text.Json;
using RecoveryVault.Format;

namespace RecoveryVault.Reports;

/// <summary>
/// The one encoding of a JSON document (RFC 8785): no white space, names in the order of their UTF-16 code units. Of numbers only whole
/// ones that every reader holds exactly, so that nobody has to agree on how fractions are written.
/// </summary>
internal static class CanonicalDocument
{
    private const long LargestInteger = (1L << 53) - 1;

    /// <exception cref="FormatException">A name stands twice, a number is no whole one, a string is no text.</exception>
    public static byte[] Of(JsonElement document)
    {
        var text = new StringBuilder();
        try
        {
            Append(text, document);
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetBytes(text.ToString());
        }
        catch (Exception e) when (e is InvalidOperationException or EncoderFallbackException)
        {
            throw new FormatException("A string holds half a surrogate pair.", e);
        }
    }

    private static void Append(StringBuilder text, JsonElement value) =>
        _ = value.ValueKind switch
        {
            JsonValueKind.Object => Members(text, value),
            JsonValueKind.Array => Elements(text, value),
            JsonValueKind.String => CanonicalJsonWriter.Quote(text, value.GetString() ?? ""),
            JsonValueKind.Number => text.Append(CultureInfo.InvariantCulture, $"{Integer(value)}"),
            JsonValueKind.True => text.Append("true"),
            JsonValueKind.False => text.Append("false"),
            JsonValueKind.Null => text.Append("null"),
            _ => throw new FormatException("There is no document."),
        };

    private static StringBuilder Members(StringBuilder text, JsonElement value)
    {
        text.Append('{');
        string? last = null;
        foreach (var member in value.EnumerateObject().OrderBy(m => m.Name, StringComparer.Ordinal))
        {
            if (member.Name == last)
                throw new FormatException($"The name '{member.Name}' stands twice.");
            if (last is not null)
                text.Append(',');
            last = member.Name;
            CanonicalJsonWriter.Quote(text, member.Name).Append(':');
            Append(text, member.Value);
        }
        return text.Append('}');
    }

    private static StringBuilder Elements(StringBuilder text, JsonElement value)
    {
        text.Append('[');
        var isFirst = true;
        foreach (var element in value.EnumerateArray())
        {
            if (!isFirst)
                text.Append(',');
            isFirst = false;
            Append(text, element);
        }
        return text.Append(']');
    }

    private static long Integer(JsonElement value) =>
        value.TryGetInt64(out var number) && number is >= -LargestInteger and <= LargestInteger
            ? number
            : throw new FormatException($"{value.GetRawText()} is no whole number of at most 53 bits.");
}
