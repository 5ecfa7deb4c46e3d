using RecoveryVault.Storage;

namespace RecoveryVault.Tests.Storage;

/// <summary>What a <see cref="FaultyBlobStore"/> does to one call.</summary>
public abstract record Fault
{
    private Fault() { }

    /// <summary>The four that every protocol must bear at every call.</summary>
    public static IReadOnlyList<Fault> Everywhere { get; } = [new Fail(), new AckLost(), new CrashBefore(), new CrashAfter()];

    /// <summary>It never happened, and the caller hears so.</summary>
    public sealed record Fail(BlobError Error = BlobError.Unavailable) : Fault;

    /// <summary>It happened, and the caller hears <see cref="BlobError.Unavailable"/>.</summary>
    public sealed record AckLost : Fault;

    /// <summary>The process dies before it: this and every later call throws <see cref="SimulatedCrashException"/>.</summary>
    public sealed record CrashBefore : Fault;

    /// <summary>The process dies after it.</summary>
    public sealed record CrashAfter : Fault;

    /// <summary>
    /// Something else happens first: a clock moves, another writer comes, the call hangs until the task ends. Then the call goes on.
    /// </summary>
    public sealed record First(Func<Task> Act) : Fault;

    /// <summary>A get or read returns its bytes with one bit turned; counted from the first byte's lowest, around the end.</summary>
    public sealed record BitFlip(long Bit = 0) : Fault;

    /// <summary>
    /// A put stores only the first bytes and the caller hears <see cref="BlobError.Unavailable"/>; no atomic store does this.
    /// </summary>
    public sealed record Torn(long Length) : Fault;
}
