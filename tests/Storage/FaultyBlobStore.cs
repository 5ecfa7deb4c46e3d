using System.Buffers;
using RecoveryVault.Storage;

namespace RecoveryVault.Tests.Storage;

/// <summary>
/// A blob store that fails as told: <c>store.Inject(new Fault.AckLost(), BlobCalls.Put, nth: 2)</c>. Run once to count the calls, then once
/// for each call and each of <see cref="Fault.Everywhere"/>; after a crash reopen with a new decorator on the same inner store.
/// </summary>
public sealed class FaultyBlobStore(IBlobStore inner) : IBlobStore
{
    private readonly Lock _gate = new();
    private readonly List<Rule> _rules = [];
    private readonly List<(BlobCalls Call, string Name)> _log = [];
    private bool _crashed;

    private sealed record Rule(Fault Fault, BlobCalls Calls, Func<string, bool> Names, int Nth)
    {
        public int Seen { get; set; }
    }

    /// <summary>Runs after each put and delete that was done, whoever made it; its own looks go to what lies beneath.</summary>
    public Func<Task>? AfterWrite { get; set; }

    /// <summary>Every call so far with the name, for a listing its prefix; also those that failed, but none after a crash.</summary>
    public IReadOnlyList<(BlobCalls Call, string Name)> Calls
    {
        get
        {
            lock (_gate)
                return [.. _log];
        }
    }

    /// <summary>Counting begins anew.</summary>
    public void ForgetCalls()
    {
        lock (_gate)
            _log.Clear();
    }

    /// <summary>How many calls of some kinds were made so far.</summary>
    public int Count(BlobCalls calls = BlobCalls.Any) => Calls.Count(entry => calls.HasFlag(entry.Call));

    /// <summary>
    /// Lets the <paramref name="nth"/> matching call from now on (0 is the next) have a fault. Of several rules for one call the first
    /// given wins, but all count it.
    /// </summary>
    public FaultyBlobStore Inject(Fault fault, BlobCalls calls = BlobCalls.Any, int nth = 0, Func<string, bool>? names = null)
    {
        var possible = fault switch
        {
            Fault.BitFlip => BlobCalls.Get | BlobCalls.Read,
            Fault.Torn => BlobCalls.Put,
            _ => BlobCalls.Any,
        };
        if ((calls & ~possible) != 0)
            throw new ArgumentException($"{fault} can only happen to {possible}, got {calls}.", nameof(calls));
        lock (_gate)
            _rules.Add(new(fault, calls, names ?? (_ => true), nth));
        return this;
    }

    /// <summary>Whether the process died and was not started again.</summary>
    public bool HasCrashed
    {
        get
        {
            lock (_gate)
                return _crashed;
        }
    }

    /// <summary>All faults are over, a crash too: as if whatever runs on this store had been started again.</summary>
    public void Recover()
    {
        lock (_gate)
        {
            _rules.Clear();
            _crashed = false;
        }
    }

    public async Task<string> PutAsync(
        string name,
        ReadOnlySequence<byte> content,
        PutCondition condition,
        CancellationToken cancellation = default
    )
    {
        var fault = Next(BlobCalls.Put, name);
        if (fault is not Fault.Torn torn)
            return await RunAsync(fault, () => WriteAsync(() => inner.PutAsync(name, content, condition, cancellation)));
        return await RunAsync(
            new Fault.AckLost(),
            () => inner.PutAsync(name, content.Slice(0, Math.Min(torn.Length, content.Length)), condition, cancellation)
        );
    }

    public async Task<Blob?> GetAsync(string name, CancellationToken cancellation = default)
    {
        var fault = Next(BlobCalls.Get, name);
        var blob = await RunAsync(fault, () => inner.GetAsync(name, cancellation));
        if (fault is not Fault.BitFlip flip || blob is null)
            return blob;
        var content = blob.Content.ToArray();
        Turn(flip, content);
        return blob with { Content = content };
    }

    public async Task<int?> ReadAsync(string name, long offset, Memory<byte> destination, CancellationToken cancellation = default)
    {
        var fault = Next(BlobCalls.Read, name);
        var count = await RunAsync(fault, () => inner.ReadAsync(name, offset, destination, cancellation));
        if (fault is Fault.BitFlip flip && count is { } length)
            Turn(flip, destination.Span[..length]);
        return count;
    }

    public Task<bool> DeleteAsync(string name, string? ifMatch = null, CancellationToken cancellation = default) =>
        RunAsync(Next(BlobCalls.Delete, name), () => WriteAsync(() => inner.DeleteAsync(name, ifMatch, cancellation)));

    public Task<BlobPage> ListAsync(string prefix, string? after = null, int maxCount = 5000, CancellationToken cancellation = default) =>
        RunAsync(Next(BlobCalls.List, prefix), () => inner.ListAsync(prefix, after, maxCount, cancellation));

    private async Task<T> WriteAsync<T>(Func<Task<T>> call)
    {
        var result = await call();
        if (AfterWrite is { } look)
            await look();
        return result;
    }

    private Fault? Next(BlobCalls call, string name)
    {
        lock (_gate)
        {
            RequireAlive();
            _log.Add((call, name));
            Fault? fault = null;
            foreach (var rule in _rules)
                if (rule.Calls.HasFlag(call) && rule.Names(name) && rule.Seen++ == rule.Nth)
                    fault ??= rule.Fault;
            return fault;
        }
    }

    private async Task<T> RunAsync<T>(Fault? fault, Func<Task<T>> call)
    {
        if (fault is Fault.Fail fail)
            throw new BlobStoreException(fail.Error, $"Not done ({fail.Error}, made by a test).");
        if (fault is Fault.CrashBefore)
            Crash();
        if (fault is Fault.First first)
            await first.Act();
        lock (_gate)
            RequireAlive();
        var result = await call();
        if (fault is Fault.CrashAfter)
            Crash();
        lock (_gate)
            RequireAlive();
        return fault is Fault.AckLost
            ? throw new BlobStoreException(BlobError.Unavailable, "Done, but the answer was lost (made by a test).")
            : result;
    }

    /// <summary>Whoever uses this dies now.</summary>
    public void Crash()
    {
        lock (_gate)
            _crashed = true;
    }

    private void RequireAlive()
    {
        if (_crashed)
            throw new SimulatedCrashException();
    }

    private static void Turn(Fault.BitFlip flip, Span<byte> content)
    {
        if (!content.IsEmpty)
            content[(int)(flip.Bit / 8 % content.Length)] ^= (byte)(1 << (int)(flip.Bit % 8));
    }
}
