namespace RecoveryVault.Keys;

/// <summary>What a failed key vault call means for us.</summary>
public enum KeyVaultVerdict
{
    /// <summary>
    /// No authoritative answer (network, TLS, 401 on a fresh token, 429, 5xx): keep all state, back off, never a revocation.
    /// </summary>
    Unreachable,

    /// <summary>The service refused with authority: evict keys, fail loudly, touch nothing.</summary>
    Denied,

    /// <summary>The request itself was wrong (400): a fault of ours or damaged data, neither outage nor revocation.</summary>
    BadRequest,
}

/// <summary>The exact cause of a failed call, named after the service's inner error codes.</summary>
public enum KeyVaultFault
{
    Unreachable,
    Throttled,
    Unauthorized,
    NoPermission,
    KeyDisabled,
    KeyExpired,
    KeyNotYetValid,
    OperationForbidden,
    KeyNotFound,
    ForbiddenByFirewall,

    /// <summary>The principal is of another tenant than the key vault.</summary>
    OtherTenant,
    Conflict,
    BadParameter,
}

/// <summary>A failed key vault call with the service's own status, code and inner code.</summary>
public sealed class KeyVaultException(
    KeyVaultFault fault,
    int status,
    string code,
    string? innerCode,
    string message,
    Exception? inner = null
) : Exception(message, inner)
{
    /// <summary>The exact cause.</summary>
    public KeyVaultFault Fault { get; } = fault;

    /// <summary>The HTTP status; 0 when there was no answer.</summary>
    public int Status { get; } = status;

    /// <summary>The error body's outer code, such as "Forbidden".</summary>
    public string Code { get; } = code;

    /// <summary>The error body's inner code, such as "KeyDisabled"; null when there is none.</summary>
    public string? InnerCode { get; } = innerCode;

    /// <summary>What it means.</summary>
    public KeyVaultVerdict Verdict =>
        Fault switch
        {
            KeyVaultFault.Unreachable or KeyVaultFault.Throttled or KeyVaultFault.Unauthorized => KeyVaultVerdict.Unreachable,
            KeyVaultFault.BadParameter or KeyVaultFault.Conflict => KeyVaultVerdict.BadRequest,
            _ => KeyVaultVerdict.Denied,
        };
}
