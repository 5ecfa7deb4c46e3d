namespace RecoveryVault.Errors;

/// <summary>A refusal or failure with a stable code, a message that says what was refused and why, and what to do about it.</summary>
/// <remarks>
/// An exception of Orleans' kind, because Orleans wraps every other that comes from reading a grain's record. The code is a string, not an
/// enum, so that a code unknown to an older silo or client survives the way.
/// </remarks>
[GenerateSerializer, Alias("rv.VaultException")]
public sealed class VaultException : OrleansException
{
    /// <summary>Creates the exception; the recommendation is the one of the error table unless given.</summary>
    public VaultException(string code, string message, string? recommendation = null, Exception? inner = null)
        : base(message, inner!)
    {
        Code = code;
        Recommendation = recommendation ?? ErrorTable.Find(code)?.Fix ?? "";
    }

    /// <summary>One of <see cref="ErrorCodes"/>.</summary>
    [Id(0)]
    public string Code { get; }

    /// <summary>What the caller can do next; empty when there is nothing.</summary>
    [Id(1)]
    public string Recommendation { get; }

    /// <summary>When the same may be asked again; zero: nothing is known of that, or it makes no sense.</summary>
    [Id(2)]
    public TimeSpan RetryAfter { get; init; }
}
