using System.Security.Cryptography;
using System.Text;
using CsCheck;
using RecoveryVault.Errors;
using RecoveryVault.Keys;
using RecoveryVault.Storage;
using RecoveryVault.Tests.Storage;
using RecoveryVault.Tests.Style;

namespace RecoveryVault.Tests.Keys;

/// <summary>
/// One frozen kit, made with Python's hashlib and cryptography from the description of the format (1,000 iterations, so that it can be
/// tried often), and everything that can be wrong with it.
/// </summary>
public sealed class RecoveryKitFormatTests
{
    private const string StoreId = "store-1";
    private const string Passphrase = "correct horse battery staple é";

    private const string Frozen = """
        UmVjb3ZlcnlWYXVsdCByZWNvdmVyeSBraXQKdmVyc2lvbiAxCnN0b3JlIHN0b3JlLTEKY3JlYXRlZCAyMDI2LTAxLTAyVDAzOjA0OjA1WgprZGYgUEJLREYy
        LUhNQUMtU0hBMjU2IDEwMDAgMDAwMTAyMDMwNDA1MDYwNzA4MDkwYTBiMGMwZDBlMGYxMDExMTIxMzE0MTUxNjE3MTgxOTFhMWIxYzFkMWUxZgpjaGVjayBk
        MGI5YTA2ZTkxNTUxNjY3NDA2OTBiMzU0MDZjZGVjNWFjMjQyMTlmYjc3Y2M0YzNmZmY2NDdlZWM3YzRjZDdhCnNlYWwgQUVTLTI1Ni1HQ00gNzQKc2hhMjU2
        IGRmZTllNWI4ZTQ4ODcwMmZlYjI5ODA2M2E1MWU3MjhkM2Q3YTQ1MWU2ZTQzYTgxMTI0ZWFhMzJlMGQyNzkwZDAKCkRkHB75XJDZW868g11R/4zHrrCynOlk
        ubbuzdLoL4P2Og2lGfOi6vhTdxVHwxHaEgiKCB1o2fqhdEktEkiLR886RnG0yAk3sK/o
        """;

    private static readonly byte[] Kit = Convert.FromBase64String(Frozen);

    private static readonly string[] KitCodes =
    [
        ErrorCodes.RecoveryKitDamaged,
        ErrorCodes.RecoveryKitTooNew,
        ErrorCodes.RecoveryKitOtherStore,
        ErrorCodes.RecoveryKitWrongPassphrase,
    ];

    [Fact]
    public async Task FrozenKit_IsReadForEver()
    {
        var store = new MemoryBlobStore();
        Assert.Equal(2, await ImportAsync(Kit, store));
        Assert.Equal("{\"format\":1}"u8.ToArray(), (await store.GetAsync("keys/kv/kek.json"))?.Content.ToArray());
        Assert.Equal(Convert.FromHexString("0001020304050607"), (await store.GetAsync("platform/1"))?.Content.ToArray());
    }

    [Theory]
    [InlineData("correct horse battery staple")]
    [InlineData("correct horse battery staple e\u0301")]
    [InlineData("Correct horse battery staple é")]
    [InlineData("")]
    public async Task WrongPassphrase_IsSaid(string passphrase) =>
        Assert.Equal(ErrorCodes.RecoveryKitWrongPassphrase, await CodeAsync(Kit, passphrase: passphrase));

    [Fact]
    public async Task OtherStore_IsSaidBeforeThePassphraseIsTried() =>
        Assert.Equal(ErrorCodes.RecoveryKitOtherStore, await CodeAsync(Kit, "store-2", "wrong passphrase"));

    [Theory]
    [InlineData("version 1", "version 2", ErrorCodes.RecoveryKitTooNew)]
    [InlineData("version 1", "version 999999999", ErrorCodes.RecoveryKitTooNew)]
    [InlineData("version 1\nstore", "version 2\nanything at all\nstore", ErrorCodes.RecoveryKitTooNew)]
    [InlineData("version 1", "version 0", ErrorCodes.RecoveryKitDamaged)]
    [InlineData("version 1", "version 9999999999", ErrorCodes.RecoveryKitDamaged)]
    [InlineData("RecoveryVault", "recoveryvault", ErrorCodes.RecoveryKitDamaged)]
    [InlineData("created 2026-01", "created 2026-13", ErrorCodes.RecoveryKitDamaged)]
    [InlineData("HMAC-SHA256 1000", "HMAC-SHA256 10000000", ErrorCodes.RecoveryKitDamaged)]
    [InlineData("HMAC-SHA256 1000", "HMAC-SHA256 0", ErrorCodes.RecoveryKitDamaged)]
    [InlineData("AES-256-GCM 74", "AES-256-GCM 75", ErrorCodes.RecoveryKitDamaged)]
    [InlineData("AES-256-GCM 74", "AES-256-GCM 2000000000", ErrorCodes.RecoveryKitDamaged)]
    [InlineData("AES-256-GCM", "AES-128-GCM", ErrorCodes.RecoveryKitDamaged)]
    [InlineData("store store-1", "store store-3", ErrorCodes.RecoveryKitOtherStore)]
    [InlineData("HMAC-SHA256 1000", "HMAC-SHA256 1001", ErrorCodes.RecoveryKitWrongPassphrase)]
    [InlineData("created 2026", "created 2025", ErrorCodes.RecoveryKitDamaged)]
    public async Task ForgedHeader_WithARightDigest_IsRefused(string from, string to, string code)
    {
        var text = Encoding.Latin1.GetString(Kit);
        var digestAt = text.IndexOf("sha256 ", StringComparison.Ordinal);
        var lines = text[..digestAt].Replace(from, to, StringComparison.Ordinal);
        Assert.NotEqual(text[..digestAt], lines);
        var digest = Convert.ToHexStringLower(SHA256.HashData(Encoding.Latin1.GetBytes(lines)));
        Assert.Equal(code, await CodeAsync(Encoding.Latin1.GetBytes($"{lines}sha256 {digest}{text[(digestAt + 7 + 64)..]}")));
    }

    [Fact]
    public async Task EveryFlippedBitOfTheHeader_IsNoWrongPassphrase()
    {
        var headerBits = Encoding.Latin1.GetString(Kit).IndexOf("\n\n", StringComparison.Ordinal) * 8;
        for (var bit = 0; bit < headerBits; bit++)
            Assert.Contains(await CodeAsync(Flip(bit)), new[] { ErrorCodes.RecoveryKitDamaged, ErrorCodes.RecoveryKitTooNew });
    }

    [Fact]
    public Task AnyFlippedBit_IsRefused() =>
        Gen.Int[0, (Kit.Length * 8) - 1]
            .SampleAsync(async bit => Assert.Contains(await CodeAsync(Flip(bit)), KitCodes), iter: TestScale.Iterations(1000));

    [Fact]
    public async Task EveryTruncation_AndAnythingAppended_IsDamaged()
    {
        for (var length = 0; length < Kit.Length; length++)
            Assert.Equal(ErrorCodes.RecoveryKitDamaged, await CodeAsync(Kit[..length]));
        Assert.Equal(ErrorCodes.RecoveryKitDamaged, await CodeAsync([.. Kit, 0]));
        Assert.Equal(ErrorCodes.RecoveryKitDamaged, await CodeAsync([.. Kit, .. Kit]));
    }

    [Fact]
    public Task AnyBytes_AreDamaged() =>
        Gen
            .Byte.Array[0, 2000]
            .SampleAsync(
                async bytes => Assert.Equal(ErrorCodes.RecoveryKitDamaged, await CodeAsync(bytes)),
                iter: TestScale.Iterations(500)
            );

    [Theory]
    [InlineData("00")]
    [InlineData("000100000000")]
    [InlineData("000000000000")]
    [InlineData("000100000001 61")]
    [InlineData("000180000000 61")]
    [InlineData("00017fffffff 61")]
    [InlineData("ffff00000000 61")]
    [InlineData("000100000000 2f")]
    [InlineData("000100000000 0a")]
    [InlineData("000100000000 61 00")]
    [InlineData("000100000000 61 000100000000 61")]
    [InlineData("000100000000 62 000100000000 61")]
    public async Task MalformedContent_UnderTheRightPassphrase_IsDamaged(string hex)
    {
        var content = Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal));
        Assert.Equal(ErrorCodes.RecoveryKitDamaged, await CodeAsync(Forge(content)));
    }

    [Fact]
    public async Task WellFormedForgery_IsTaken()
    {
        var store = new MemoryBlobStore();
        Assert.Equal(2, await ImportAsync(Forge(Convert.FromHexString("000100000000" + "61" + "000100000001" + "62" + "07")), store));
        Assert.Equal(new byte[] { 7 }, (await store.GetAsync("b"))?.Content.ToArray());
    }

    /// <summary>A kit of any content, sealed as the format says.</summary>
    private static byte[] Forge(byte[] content)
    {
        var (salt, check, seal) = (new byte[32], new byte[32], new byte[32]);
        var derived = Rfc2898DeriveBytes.Pbkdf2(Encoding.UTF8.GetBytes(Passphrase), salt, 1, HashAlgorithmName.SHA256, 32);
        HKDF.Expand(HashAlgorithmName.SHA256, derived, check, "RecoveryVault recovery kit 1 check"u8);
        HKDF.Expand(HashAlgorithmName.SHA256, derived, seal, "RecoveryVault recovery kit 1 seal"u8);
        var lines =
            $"RecoveryVault recovery kit\nversion 1\nstore {StoreId}\ncreated 2026-01-02T03:04:05Z\nkdf PBKDF2-HMAC-SHA256 1 "
            + $"{Convert.ToHexStringLower(salt)}\ncheck {Convert.ToHexStringLower(check)}\nseal AES-256-GCM {content.Length + 16}\n";
        var digest = Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(lines)));
        var header = Encoding.ASCII.GetBytes($"{lines}sha256 {digest}\n\n");
        var (body, tag) = (new byte[content.Length], new byte[16]);
        using var aes = new AesGcm(seal, 16);
        aes.Encrypt(new byte[12], content, body, tag, header);
        return [.. header, .. body, .. tag];
    }

    private static byte[] Flip(int bit)
    {
        var kit = (byte[])Kit.Clone();
        kit[bit / 8] ^= (byte)(1 << (bit % 8));
        return kit;
    }

    private static Task<int> ImportAsync(byte[] kit, IBlobStore store) =>
        RecoveryKit.ImportAsync(store, StoreId, new MemoryStream(kit), Passphrase.AsMemory());

    /// <summary>The code of the refusal, after which the store is as empty as before.</summary>
    private static async Task<string> CodeAsync(byte[] kit, string storeId = StoreId, string passphrase = Passphrase)
    {
        var store = new MemoryBlobStore();
        var refused = await Assert.ThrowsAsync<VaultException>(() =>
            RecoveryKit.ImportAsync(store, storeId, new MemoryStream(kit), passphrase.AsMemory())
        );
        Assert.Empty((await store.ListAsync("")).Items);
        Assert.NotNull(ErrorTable.Find(refused.Code));
        return refused.Code;
    }
}
