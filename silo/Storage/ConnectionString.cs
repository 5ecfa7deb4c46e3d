using RecoveryVault.Errors;

namespace RecoveryVault.Storage;

/// <summary>A storage account's connection string, looked through before the SDK sees it; what is refused is never quoted.</summary>
internal sealed class ConnectionString
{
    private static readonly Uri DevelopmentStorage = new("http://127.0.0.1:10000/devstoreaccount1");

    private ConnectionString(string text, Uri endpoint) => (Text, Endpoint) = (text, endpoint);

    /// <summary>The whole, with its secrets.</summary>
    public string Text { get; }

    /// <summary>Where blobs are.</summary>
    public Uri Endpoint { get; }

    public override string ToString() => Endpoint.GetLeftPart(UriPartial.Path).TrimEnd('/');

    /// <exception cref="VaultException">InvalidRequest: it cannot be used.</exception>
    public static ConnectionString Parse(string text)
    {
        var settings = SettingsOf(text);
        if (settings.GetValueOrDefault("UseDevelopmentStorage") == "true")
            return new(text, DevelopmentStorage);
        var endpoint = EndpointOf(settings);
        if (endpoint.Scheme != Uri.UriSchemeHttps && !(endpoint.Scheme == Uri.UriSchemeHttp && endpoint.IsLoopback))
            throw Invalid($"{endpoint.GetLeftPart(UriPartial.Authority)} is neither https nor on this machine");
        if (settings.GetValueOrDefault("AccountKey") is { } key)
        {
            if (!settings.ContainsKey("AccountName"))
                throw Invalid("it has an AccountKey and no AccountName");
            if (key.Length == 0 || !Convert.TryFromBase64String(key, new byte[key.Length], out _))
                throw Invalid("its AccountKey is not base64");
        }
        else if (!settings.ContainsKey("SharedAccessSignature"))
        {
            throw Invalid("it has neither AccountKey nor SharedAccessSignature");
        }
        return new(text, endpoint);
    }

    private static Dictionary<string, string> SettingsOf(string text)
    {
        var settings = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var setting in text.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var equals = setting.IndexOf('=');
            if (equals <= 0)
                throw Invalid("it is neither files:DIR, nor an https address, nor a connection string of KEY=VALUE;…");
            if (!settings.TryAdd(setting[..equals].TrimEnd(), setting[(equals + 1)..].Trim()))
                throw Invalid($"its {setting[..equals]} stands there twice");
        }
        return settings;
    }

    private static Uri EndpointOf(Dictionary<string, string> settings)
    {
        if (settings.GetValueOrDefault("BlobEndpoint") is { } given)
            return Uri.TryCreate(given, UriKind.Absolute, out var endpoint) ? endpoint : throw Invalid("its BlobEndpoint is no address");
        if (settings.GetValueOrDefault("AccountName") is not { Length: > 0 } account)
            throw Invalid("it has neither AccountName nor BlobEndpoint");
        var protocol = settings.GetValueOrDefault("DefaultEndpointsProtocol", Uri.UriSchemeHttps);
        var suffix = settings.GetValueOrDefault("EndpointSuffix", "core.windows.net");
        return Uri.TryCreate($"{protocol}://{account}.blob.{suffix}", UriKind.Absolute, out var made)
            ? made
            : throw Invalid("its AccountName or EndpointSuffix is no part of an address");
    }

    private static VaultException Invalid(string why) => BlobStoreLocation.Invalid(why);
}
