namespace RecoveryVault.Storage.Azure;

/// <summary>The choices of an <see cref="AzureBlobStore"/>.</summary>
public sealed record AzureBlobStoreOptions
{
    /// <summary>How often a request is sent at most. Default 4.</summary>
    public int Tries { get; init; } = 4;

    /// <summary>The wait before the second try, doubled before each further one. Default 200 ms.</summary>
    public TimeSpan FirstDelay { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>How long one try of a request without content waits for an answer. Default 20 s.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>The slowest upload that is waited for beyond <see cref="Patience"/>, in bytes per second. Default 512 KiB/s.</summary>
    public int SlowestUpload { get; init; } = 512 << 10;
}
