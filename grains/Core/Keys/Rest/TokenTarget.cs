namespace RecoveryVault.Keys.Rest;

/// <summary>What a host's challenge asks a token for, checked against the host itself.</summary>
internal sealed record TokenTarget(string Scope, string TenantId)
{
    /// <exception cref="KeyVaultException">
    /// Unauthorized: the challenge is unusable, or its resource is not the host's: a token for it would be another service's.
    /// </exception>
    public static TokenTarget Of(BearerChallenge challenge, string host)
    {
        if (
            !Uri.TryCreate(challenge.Authorization, UriKind.Absolute, out var authority)
            || authority.Scheme != Uri.UriSchemeHttps
            || authority.Segments.ElementAtOrDefault(1)?.Trim('/') is not { Length: > 0 } tenant
        )
            throw Unusable(host, $"it names the authority '{challenge.Authorization}', not https://AUTHORITY/TENANT");
        var scope = challenge.Scope ?? (challenge.Resource is { } resource ? resource.TrimEnd('/') + "/.default" : null);
        if (
            !Uri.TryCreate(scope, UriKind.Absolute, out var target)
            || target.Scheme != Uri.UriSchemeHttps
            || target.UserInfo.Length > 0
            || !target.IsDefaultPort
        )
            throw Unusable(host, $"it names the resource '{challenge.Resource ?? challenge.Scope}'");
        return host.EndsWith("." + target.Host, StringComparison.OrdinalIgnoreCase)
            ? new(scope, tenant)
            : throw Unusable(host, $"its resource '{target.Host}' does not match the requested domain");
    }

    public static KeyVaultException Unusable(string host, string why) =>
        new(KeyVaultFault.Unauthorized, 401, "Unauthorized", null, $"The authentication challenge of {host} is not accepted: {why}.");
}
