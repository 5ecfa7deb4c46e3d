using Orleans.Storage;
using RecoveryVault.Storage;

namespace RecoveryVault.Records;

/// <summary>
/// A grain's one record. Changes are serialised, computed from what storage holds and written conditionally; memory follows only after
/// the write. A conflict or an unclear outcome is followed by a fresh read, on which the change is computed again: a change must
/// therefore recognise that it was made already.
/// </summary>
internal sealed class RecordCell<T>(IPersistentState<T> state) : IDisposable
    where T : class
{
    private const int MaxAttempts = 5;

    private readonly SemaphoreSlim _gate = new(1, 1);
    private bool _mustRead;

    /// <summary>The record as last read or written; null when there is none.</summary>
    public T? Current => state.RecordExists ? state.State : null;

    /// <summary>Reads the record again.</summary>
    public async Task ReadAsync()
    {
        await _gate.WaitAsync();
        try
        {
            await state.ReadStateAsync();
            _mustRead = false;
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Applies a change and returns the record then in force; a change that returns the very same record writes nothing.</summary>
    public async Task<T> UpdateAsync(Func<T?, ValueTask<T>> change)
    {
        await _gate.WaitAsync();
        try
        {
            for (var attempt = 1; ; attempt++)
            {
                if (_mustRead)
                    await state.ReadStateAsync();
                _mustRead = false;
                var next = await change(Current);
                if (ReferenceEquals(next, Current))
                    return next;
                if (await TryWriteAsync(next, isLast: attempt == MaxAttempts))
                    return next;
            }
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Applies a change that needs no waiting.</summary>
    public Task<T> UpdateAsync(Func<T?, T> change) => UpdateAsync(current => ValueTask.FromResult(change(current)));

    private async Task<bool> TryWriteAsync(T next, bool isLast)
    {
        var previous = state.State;
        state.State = next;
        try
        {
            await state.WriteStateAsync();
            return true;
        }
        catch (InconsistentStateException) when (!isLast)
        {
            state.State = previous;
            _mustRead = true;
            return false;
        }
        catch (Exception e)
        {
            state.State = previous;
            _mustRead = true;
            if (isLast || !StoreRefusals.IsUnclear(e))
                throw;
            // The write may have happened: the record as it is now decides. If it cannot be read either, that failure is the one to report.
            await state.ReadStateAsync();
            _mustRead = false;
            return false;
        }
    }

    public void Dispose() => _gate.Dispose();
}
