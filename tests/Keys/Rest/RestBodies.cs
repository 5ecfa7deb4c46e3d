using System.Buffers.Text;

namespace RecoveryVault.Tests.Keys.Rest;

/// <summary>Answers as the service documents and its recordings show them; values are our own.</summary>
internal static class RestBodies
{
    public const string ClaimsChallenge =
        "Bearer realm=\"\", authorization_uri=\"https://login.windows.net/common/oauth2/authorize\", error=\"insufficient_claims\", "
        + "claims=\"eyJhY2Nlc3NfdG9rZW4iOnsibmJmIjp7fX19\"";

    public const string Wrapped =
        """{"kid":"https://kv1.vault.azure.net/keys/kek/92d0a9f947d847beaa970b0526eab569","value":"AQIDBAUGBwg"}""";

    /// <summary>Of a real key of 2,048 bits.</summary>
    public static string Modulus { get; } = MakeModulus();

    public static string Key(string attributes = "\"enabled\":true", string kty = "RSA") =>
        $$$$"""
            {"key":{"kid":"https://kv1.vault.azure.net/keys/kek/92d0a9f947d847beaa970b0526eab569","kty":"{{{{kty}}}}",
            "key_ops":["wrapKey","unwrapKey"],"n":"{{{{Modulus}}}}","e":"AQAB"},
            "attributes":{{{{{attributes}}}},"created":1633481898,"updated":1633481898,"recoveryLevel":"CustomizedRecoverable+Purgeable",
            "recoverableDays":7,"exportable":false,"hsmPlatform":"0"},"tags":{},"newcomer":[{"a":null}]}
            """;

    public static string Error(string code, string? innerCode, string message)
    {
        var inner = innerCode is null ? "" : $",\"innererror\":{{\"code\":\"{innerCode}\"}}";
        return $"{{\"error\":{{\"code\":\"{code}\",\"message\":\"{message}\"{inner}}}}}";
    }

    /// <summary>One item of a list of versions.</summary>
    public static string Item(int number, long created) =>
        $$$"""
            {"kid":"https://kv1.vault.azure.net/keys/kek/{{{number:x32}}}",
            "attributes":{"enabled":true,"created":{{{created}}},"updated":{{{created}}},
            "recoveryLevel":"Recoverable"},"tags":{}}
            """;

    private static string MakeModulus()
    {
        using var rsa = RsaKeyPool.Take(2048);
        return Base64Url.EncodeToString(rsa.ExportParameters(includePrivateParameters: false).Modulus);
    }
}
