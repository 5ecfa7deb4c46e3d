using System.Collections.Immutable;

namespace RecoveryVault.DataPath;

/// <summary>What opens a session on the data plane.</summary>
/// <param name="SessionId">Which session.</param>
/// <param name="Endpoint">Where: the address of the silo that hosts the item.</param>
/// <param name="Token">32 random bytes known to this session only; good for one direction and one item.</param>
[GenerateSerializer, Immutable, Alias("rv.SessionTicket")]
public sealed record SessionTicket(
    [property: Id(0)] Guid SessionId,
    [property: Id(1)] string Endpoint,
    [property: Id(2)] ImmutableArray<byte> Token
)
{
    /// <summary>Without the token.</summary>
    public override string ToString() => $"SessionTicket({SessionId} at {Endpoint})";
}
