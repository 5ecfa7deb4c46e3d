using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace RecoveryVault.Tests.Keys;

/// <summary>
/// Real RSA keys, made once per test run and handed out in turn, since making one takes 0.2 to 2 s: pass <see cref="Take"/> where a
/// generator is wanted. Within any <see cref="DistinctSmallKeys"/> keys of 2,048 bits in a row no two are the same; of the larger sizes
/// there is one.
/// </summary>
internal static class RsaKeyPool
{
    public const int DistinctSmallKeys = 4;

    private static readonly ConcurrentDictionary<(int Bits, int Index), Lazy<byte[]>> Keys = new();
    private static int _taken;

    /// <summary>A key of 2048, 3072 or 4096 bits; the caller disposes it.</summary>
    public static RSA Take(int bits)
    {
        var index = bits == 2048 ? (int)((uint)Interlocked.Increment(ref _taken) % DistinctSmallKeys) : 0;
        var rsa = RSA.Create();
        rsa.ImportPkcs8PrivateKey(Keys.GetOrAdd((bits, index), static id => new(() => Make(id.Bits))).Value, out _);
        return rsa;
    }

    private static byte[] Make(int bits)
    {
        using var rsa = RSA.Create(bits);
        return rsa.ExportPkcs8PrivateKey();
    }
}
