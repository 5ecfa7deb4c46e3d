using RecoveryVault.Storage;

namespace RecoveryVault.Serving;

/// <summary>
/// Says once that the store of a silo does not answer any more, and once that it does again. The silo goes on meanwhile, however long it
/// takes: the runtime keeps asking its membership table, and nobody can be voted out where no vote can be written.
/// </summary>
internal sealed class StoreOutage(TimeProvider time, Action<string>? tell)
{
    private long? _since;

    public void Begin(BlobStoreException failure)
    {
        if (_since is not null)
            return;
        _since = time.GetTimestamp();
        tell?.Invoke(
            $"The store does not answer: {failure.Message} This silo goes on and keeps trying; what needs the store fails meanwhile."
        );
    }

    public void End()
    {
        if (_since is { } since)
            tell?.Invoke($"The store answers again, after {time.GetElapsedTime(since).TotalSeconds:0} s.");
        _since = null;
    }
}
