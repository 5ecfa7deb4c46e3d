using Orleans.Storage;
using RecoveryVault.Errors;
using RecoveryVault.Storage;

namespace RecoveryVault.Records;

/// <summary>
/// A grain's one record. Changes are serialised, computed from what storage holds and written conditionally; memory follows only after
/// the write, so that a call that interleaves never sees what may yet fail. A conflict or an unclear outcome is followed by a fresh read,
/// on which the change is computed again: a change must therefore recognise that it was made already.
/// </summary>
/// <param name="state">The grain's state.</param>
/// <param name="check">Looks at each record that came from storage before it counts; throws when it is not authentic.</param>
public sealed class RecordCell<T>(IPersistentState<T> state, Func<T, Task>? check = null) : IDisposable
    where T : class
{
    private const int MaxAttempts = 5;

    private readonly SemaphoreSlim _gate = new(1, 1);
    private (bool IsWriting, T? Before) _write;
    private bool _mustRead;
    private bool _isChecked;

    /// <summary>The record as last read or written; null when there is none.</summary>
    public T? Current => _write.IsWriting ? _write.Before : Stored;

    private T? Stored => state.RecordExists ? state.State : null;

    /// <summary>Makes <see cref="Current"/> good to use: read again after a write of unclear outcome, and found authentic.</summary>
    public async Task RefreshAsync()
    {
        if (_isChecked && !_mustRead)
            return;
        await _gate.WaitAsync();
        try
        {
            await ReadIfDueAsync();
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Reads the record again.</summary>
    public Task ReadAsync()
    {
        _mustRead = true;
        return RefreshAsync();
    }

    /// <summary>Applies a change and returns the record then in force; a change that returns the very same record writes nothing.</summary>
    public async Task<T> UpdateAsync(Func<T?, ValueTask<T>> change)
    {
        await _gate.WaitAsync();
        try
        {
            for (var attempt = 1; ; attempt++)
            {
                await ReadIfDueAsync();
                var next = await change(Current);
                if (ReferenceEquals(next, Current) || await TryWriteAsync(next, isLast: attempt == MaxAttempts))
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

    private async Task ReadIfDueAsync()
    {
        if (_mustRead)
        {
            _isChecked = false;
            await state.ReadStateAsync();
            _mustRead = false;
        }
        if (!_isChecked && check is not null)
            await CheckAsync(check);
        _isChecked = true;
    }

    /// <summary>
    /// What a record is compared with may be that of a newer one already, which another activation wrote after this one was read: a failure
    /// counts only when storage still holds the record that failed.
    /// </summary>
    private async Task CheckAsync(Func<T, Task> check)
    {
        for (var attempt = 1; Stored is { } record; attempt++)
        {
            try
            {
                await check(record);
                return;
            }
            catch (VaultException) when (attempt < MaxAttempts)
            {
                var etag = state.Etag;
                await state.ReadStateAsync();
                if (state.Etag == etag)
                    throw;
            }
        }
    }

    private async Task<bool> TryWriteAsync(T next, bool isLast)
    {
        var previous = state.State;
        _write = (true, Stored);
        state.State = next;
        try
        {
            await state.WriteStateAsync();
            return true;
        }
        catch (Exception e)
        {
            // The write may have happened: the record as it is now decides.
            state.State = previous;
            _mustRead = true;
            if (isLast || !(e is InconsistentStateException || StoreRefusals.IsUnclear(e)))
                throw;
            return false;
        }
        finally
        {
            _write = default;
        }
    }

    public void Dispose() => _gate.Dispose();
}
