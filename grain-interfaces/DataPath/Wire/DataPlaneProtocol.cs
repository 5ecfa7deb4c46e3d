namespace RecoveryVault.DataPath.Wire;

/// <summary>
/// The HTTP data plane: version, routes and limits. Requests go to <c>/v1/sessions/{id}/{backup|restore}[/{operation}]</c> and carry the
/// session's token in hex as a bearer token. Bodies are the plain binary forms of this folder, little endian; refusals are JSON.
/// </summary>
public static class DataPlaneProtocol
{
    /// <summary>The version in every path. A peer of another version is refused by code, never half understood.</summary>
    public const int Version = 1;

    /// <summary>The sending side.</summary>
    public const string Backup = "backup";

    /// <summary>The receiving side.</summary>
    public const string Restore = "restore";

    /// <summary>POST: <see cref="ChunkRefList"/> in, one byte for each chunk out, 1 when it is new.</summary>
    public const string Query = "query";

    /// <summary>POST: <see cref="ChunkFrame"/>s in; answered when the session has taken all of them.</summary>
    public const string Chunks = "chunks";

    /// <summary>POST: answered when everything sent so far is stored.</summary>
    public const string Flush = "flush";

    /// <summary>POST: <see cref="ChunkRefList"/> in, <see cref="ChunkFrame"/>s out.</summary>
    public const string Read = "read";

    /// <summary>POST: <see cref="ChunkRefList"/> in, <see cref="CodeList"/> out.</summary>
    public const string Check = "check";

    /// <summary>Bytes of a session's token.</summary>
    public const int TokenLength = 32;

    /// <summary>The most chunks one request sends.</summary>
    public const int MaxFrames = 4096;

    /// <summary>The most plaintext one request sends, in bytes.</summary>
    public const int MaxFrameBytes = 32 << 20;

    /// <summary>The longest request body, in bytes.</summary>
    public const int MaxBodyBytes = MaxFrameBytes + ((MaxFrames + 1) * ChunkFrame.HeaderLength);

    /// <summary>The longest error document a client reads, in bytes.</summary>
    public const int MaxErrorBytes = 64 << 10;

    /// <summary>The most requests of one session under way at once; more are told to come again.</summary>
    public const int MaxRequestsPerSession = 16;

    /// <summary>The path of a session's operation; of the session itself without one.</summary>
    public static string PathOf(Guid sessionId, string direction, string? operation = null) =>
        $"/v{Version}/sessions/{sessionId:D}/{direction}{(operation is null ? "" : $"/{operation}")}";
}
