using CsCheck;

namespace RecoveryVault.Tests.Format;

/// <summary>One change to some bytes, at places given as fractions so that it fits any length.</summary>
public sealed record Mutation(Mutation.Op Kind, double At, double To, byte Value)
{
    public enum Op
    {
        FlipBit,
        SetByte,
        Insert,
        Remove,
        Repeat,
        Truncate,
        Extend,
        Swap,
        Max32,
    }

    public static readonly Gen<Mutation> Gen = CsCheck.Gen.Select(
        CsCheck.Gen.Int[0, (int)Op.Max32],
        CsCheck.Gen.Double[0, 1],
        CsCheck.Gen.Double[0, 1],
        CsCheck.Gen.Byte,
        (kind, at, to, value) => new Mutation((Op)kind, at, to, value)
    );

    public static byte[] Apply(byte[] bytes, IEnumerable<Mutation> mutations) =>
        mutations.Aggregate(bytes, (current, mutation) => mutation.Apply(current));

    private byte[] Apply(byte[] bytes)
    {
        if (bytes.Length == 0)
            return Kind == Op.Extend ? [Value] : bytes;
        var copy = bytes.ToArray();
        var at = Place(At, bytes.Length);
        var to = Place(To, bytes.Length);
        var count = Math.Min(1 + (Value % 16), bytes.Length - at);
        switch (Kind)
        {
            case Op.FlipBit:
                copy[at] ^= (byte)(1 << (Value & 7));
                return copy;
            case Op.SetByte:
                copy[at] = Value;
                return copy;
            case Op.Insert:
                return [.. bytes[..at], Value, .. bytes[at..]];
            case Op.Remove:
                return [.. bytes[..at], .. bytes[(at + count)..]];
            case Op.Repeat:
                return [.. bytes[..(at + count)], .. bytes[at..]];
            case Op.Truncate:
                return bytes[..at];
            case Op.Extend:
                return [.. bytes, .. Enumerable.Repeat(Value, count)];
            case Op.Swap:
                (copy[at], copy[to]) = (copy[to], copy[at]);
                return copy;
            default:
                copy.AsSpan(at, Math.Min(4, bytes.Length - at)).Fill(0xff);
                return copy;
        }
    }

    private static int Place(double fraction, int length) => Math.Min((int)(fraction * length), length - 1);
}
