using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace RecoveryVault.Cli.Commands;

/// <summary>Option values that are no plain text: a wrong one is refused in words a person understands.</summary>
internal static class OptionValues
{
    public delegate bool Reader<T>(string text, out T value);

    /// <summary>Reads the one token of an option; adds an error and returns null when it is not <paramref name="wanted"/>.</summary>
    public static T? Read<T>(ArgumentResult result, string wanted, Reader<T> read)
        where T : struct
    {
        var text = result.Tokens is [var token] ? token.Value : "";
        if (read(text, out var value))
            return value;
        var name = (result.Parent as OptionResult)?.Option.Name;
        result.AddError($"{name} takes {wanted}, got '{text}'.");
        return null;
    }

    /// <summary>A whole number of at least 0.</summary>
    public static bool TryCount(string text, out int value) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);

    /// <summary>An option that takes a number.</summary>
    public static Option<int?> Number(string name, string description, string placeholder) =>
        Create<int>(name, description, placeholder, "a whole number", TryCount);

    /// <summary>A choice given as true or false; null when it was not given.</summary>
    public static Option<bool?> Choice(string name, string description) =>
        Create<bool>(name, description, "true|false", "true or false", bool.TryParse);

    /// <summary>A time in ISO 8601; one without an offset is UTC.</summary>
    public static Option<DateTimeOffset?> Time(string name, string description) =>
        Create<DateTimeOffset>(name, description, "TIME", "a time such as 2027-01-31T00:00:00Z", TryTime);

    /// <summary>One of some values of an enumeration, in any case.</summary>
    public static Option<T?> OneOf<T>(string name, string description, string placeholder, params IReadOnlyList<T> values)
        where T : struct, Enum =>
        Create(
            name,
            description,
            placeholder,
            $"one of {string.Join(", ", values)}",
            (string text, out T value) =>
            {
                value = values.FirstOrDefault(v => text.Equals(v.ToString(), StringComparison.OrdinalIgnoreCase));
                return values.Contains(value) && text.Equals(value.ToString(), StringComparison.OrdinalIgnoreCase);
            }
        );

    private static Option<T?> Create<T>(string name, string description, string placeholder, string wanted, Reader<T> read)
        where T : struct =>
        new(name)
        {
            Description = description,
            HelpName = placeholder,
            Arity = ArgumentArity.ExactlyOne,
            CustomParser = result => Read(result, wanted, read),
        };

    /// <summary>Only ISO 8601: 01/02/2027 is one day here and another there.</summary>
    private static readonly string[] TimeForms =
    [
        "yyyy-MM-dd",
        "yyyy-MM-dd'T'HH:mmK",
        "yyyy-MM-dd'T'HH:mm:ssK",
        "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK",
    ];

    private static bool TryTime(string text, out DateTimeOffset value) =>
        DateTimeOffset.TryParseExact(
            text,
            TimeForms,
            CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal,
            out value
        );
}
