namespace RecoveryVault.Tests.Tampering;

/// <summary>Numbers that look random and are the same for the same seed on every machine: a failure can be had again.</summary>
internal sealed class Dice(ulong seed)
{
    private ulong _state = (seed * 0x9E3779B97F4A7C15) + 1;

    /// <summary>A number from 0 to below <paramref name="count"/>.</summary>
    public int Next(int count)
    {
        _state ^= _state << 13;
        _state ^= _state >> 7;
        _state ^= _state << 17;
        return (int)((_state >> 11) % (ulong)count);
    }

    public T Pick<T>(IReadOnlyList<T> from) => from[Next(from.Count)];
}
