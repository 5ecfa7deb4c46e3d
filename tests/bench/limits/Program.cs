// What this machine needs at least to back a directory up and restore it: the processor seconds of each primitive, on one core, over the
// directory's own bytes in pieces of 1 MiB. usage: limits DIRECTORY SCRATCH_FILE; prints JSON.
using System.Diagnostics;
using System.Security.Cryptography;
using System.Text.Json;
using RecoveryVault.Format;

const int Piece = 1 << 20;
const int TagLength = 16;
var seconds = new SortedDictionary<string, double>(StringComparer.Ordinal);
var gear = new ulong[256];
foreach (ref var word in gear.AsSpan())
    word = BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(8));
using var aes = new AesGcm(RandomNumberGenerator.GetBytes(32), TagLength);
var (plaintext, payload, frame) = (new byte[Piece], new byte[Piece], new byte[Piece + TagLength]);
var (nonce, digest, checksum) = (new byte[12], new byte[32], 0UL);

// Both grow as the store and the restored files do: a page of memory or disk that is new costs more than one written again.
using var store = File.OpenHandle(args[1], FileMode.Create, FileAccess.ReadWrite, options: FileOptions.DeleteOnClose);
using var target = File.OpenHandle(args[1] + ".target", FileMode.Create, FileAccess.ReadWrite, options: FileOptions.DeleteOnClose);
var (stored, restored) = (0L, 0L);

// Once over the first bytes, so that compiling is not measured.
Run(maxBytes: 64L << 20);
seconds.Clear();
(stored, restored) = (0, 0);
RandomAccess.SetLength(store, 0);
RandomAccess.SetLength(target, 0);
Run(long.MaxValue);
Console.WriteLine(JsonSerializer.Serialize(new { seconds, checksum = checksum & 1 }));

void Run(long maxBytes)
{
    var options = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint };
    foreach (var path in Directory.EnumerateFiles(args[0], "*", options))
    {
        using var file = File.OpenHandle(path);
        for (var offset = 0L; Take(file, ref offset) is > 0 and var length; maxBytes -= length)
            Process(length);
        if (maxBytes <= 0)
            return;
    }
}

int Take(Microsoft.Win32.SafeHandles.SafeFileHandle file, ref long offset)
{
    var at = offset;
    var read = Timed("read", () => RandomAccess.Read(file, plaintext, at));
    offset += read;
    return read;
}

void Process(int length)
{
    checksum ^= Timed("gear scan", () => Scan(plaintext.AsSpan(0, length)));
    Timed("SHA-256", () => SHA256.HashData(plaintext.AsSpan(0, length), digest));
    var size = 0;
    var isSmaller = Timed("zstd", () => PayloadCompression.TryCompress(plaintext.AsSpan(0, length), payload, out size));
    var content = isSmaller ? payload.AsMemory(0, size) : plaintext.AsMemory(0, length);
    Timed("AES-256-GCM", () => Seal(content.Span));
    Timed("write", () => Write(store, frame.AsSpan(0, content.Length + TagLength), ref stored));
    Timed(
        "restore: read",
        () => RandomAccess.Read(store, frame.AsSpan(0, content.Length + TagLength), stored - content.Length - TagLength)
    );
    Timed("restore: AES-256-GCM", () => Open(payload.AsSpan(0, content.Length)));
    if (isSmaller)
        Timed("restore: zstd", () => Expand(payload.AsSpan(0, size), plaintext.AsSpan(0, length)));
    Timed("restore: SHA-256", () => SHA256.HashData(plaintext.AsSpan(0, length), digest));
    Timed("restore: write", () => Write(target, plaintext.AsSpan(0, length), ref restored));
}

int Seal(ReadOnlySpan<byte> content)
{
    aes.Encrypt(nonce, content, frame.AsSpan(0, content.Length), frame.AsSpan(content.Length, TagLength));
    return content.Length;
}

int Open(Span<byte> content)
{
    aes.Decrypt(nonce, frame.AsSpan(0, content.Length), frame.AsSpan(content.Length, TagLength), content);
    return content.Length;
}

int Expand(ReadOnlySpan<byte> payload, Span<byte> content)
{
    PayloadCompression.Expand(payload, content);
    return content.Length;
}

int Write(Microsoft.Win32.SafeHandles.SafeFileHandle file, ReadOnlySpan<byte> content, ref long offset)
{
    RandomAccess.Write(file, content, offset);
    offset += content.Length;
    return content.Length;
}

ulong Scan(ReadOnlySpan<byte> content)
{
    var (hash, cuts) = (0UL, 0UL);
    foreach (var value in content)
    {
        hash = (hash << 1) + gear[value];
        if (hash < 1UL << 44)
            cuts++;
    }
    return cuts;
}

T Timed<T>(string name, Func<T> work)
{
    var started = Stopwatch.GetTimestamp();
    var result = work();
    seconds[name] = seconds.GetValueOrDefault(name) + Stopwatch.GetElapsedTime(started).TotalSeconds;
    return result;
}
