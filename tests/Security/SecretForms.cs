using System.Text;

namespace RecoveryVault.Tests.Security;

/// <summary>A secret in every form in which it could stand in a file or a text.</summary>
internal sealed class SecretForms
{
    private readonly List<(string Form, byte[] Bytes)> _forms = [];

    public SecretForms(ReadOnlySpan<byte> secret)
    {
        var bytes = secret.ToArray();
        Assert.True(bytes.Distinct().Count() > 8);
        _forms.Add(("raw", bytes));
        Add("hex", Convert.ToHexStringLower(bytes));
        Add("HEX", Convert.ToHexString(bytes));
        Add("dashed", BitConverter.ToString(bytes));
        Add("numbers", string.Join(',', bytes));
        Add("spaced numbers", string.Join(", ", bytes));
        for (var before = 0; before < 3; before++)
            AddBase64(bytes, before);
    }

    /// <summary>The forms found in a file's bytes.</summary>
    public IEnumerable<string> FindIn(byte[] content) => _forms.Where(f => content.AsSpan().IndexOf(f.Bytes) >= 0).Select(f => f.Form);

    /// <summary>The forms found in a text.</summary>
    public IEnumerable<string> FindIn(string text) => FindIn(Encoding.UTF8.GetBytes(text));

    /// <summary>As it stands in base64 of something longer in which so many bytes come before it.</summary>
    private void AddBase64(byte[] secret, int before)
    {
        var whole = Convert.ToBase64String([.. new byte[before], .. secret, .. new byte[3]]);
        var (from, to) = (((before * 4) + 2) / 3, (before + secret.Length) * 4 / 3);
        Add($"base64 + {before}", whole[from..to]);
        Add($"escaped base64 + {before}", whole[from..to].Replace("+", "\\u002B", StringComparison.Ordinal));
        Add($"base64url + {before}", whole[from..to].Replace('+', '-').Replace('/', '_'));
    }

    private void Add(string form, string text) => _forms.Add((form, Encoding.ASCII.GetBytes(text)));
}
