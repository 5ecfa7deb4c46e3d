using System.Security.Cryptography;
using CsCheck;
using RecoveryVault.Keys;
using RecoveryVault.Tests.Style;

namespace RecoveryVault.Tests.Keys.Local;

public sealed class KeyWrappingTests
{
    [Theory]
    [InlineData(2048, 190)]
    [InlineData(3072, 318)]
    [InlineData(4096, 446)]
    public async Task Wrap_TakesWhatTheModulusHoldsAndNoMore(int bits, int maxBytes)
    {
        var stage = await KeyVaultStage.CreateAsync();
        var id = KeyVaultStage.IdOf(await stage.Owner.CreateKeyAsync("kek", new() { Kty = "RSA", KeySize = bits }));
        var material = RandomNumberGenerator.GetBytes(maxBytes);
        var wrapped = await stage.Owner.WrapKeyAsync(id.Versionless, material);
        Assert.Equal((id, bits / 8), (wrapped.KeyId, wrapped.EncryptedKey.Length));
        using var unwrapped = await stage.Owner.UnwrapKeyAsync(wrapped.KeyId, wrapped.EncryptedKey);
        Assert.Equal(material, unwrapped.Span);
        Assert.Equal("400 BadParameter", await KeyVaultStage.OutcomeOf(() => stage.Owner.WrapKeyAsync(id, new byte[maxBytes + 1])));
        Assert.Equal("400 BadParameter", await KeyVaultStage.OutcomeOf(() => stage.Owner.WrapKeyAsync(id, default)));
    }

    [Fact]
    public async Task Wrap_IsRsaOaep256ForThePublicKeyInTheBundle()
    {
        var stage = await KeyVaultStage.CreateAsync();
        var bundle = await stage.CreateRsaAsync();
        using var rsa = RSA.Create(
            new RSAParameters
            {
                Modulus = System.Buffers.Text.Base64Url.DecodeFromChars(bundle.Key.N),
                Exponent = System.Buffers.Text.Base64Url.DecodeFromChars(bundle.Key.E),
            }
        );
        var material = RandomNumberGenerator.GetBytes(32);
        var wrapped = rsa.Encrypt(material, RSAEncryptionPadding.OaepSHA256);
        using var unwrapped = await stage.Owner.UnwrapKeyAsync(KeyVaultStage.IdOf(bundle), wrapped);
        Assert.Equal(material, unwrapped.Span);
        var key = await stage.Owner.GetKeyAsync("kek", null);
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(rsa.ExportSubjectPublicKeyInfo())), key.PublicKeyThumbprint);
        var sha1 = rsa.Encrypt(new byte[32], RSAEncryptionPadding.OaepSHA1);
        Assert.Equal("400 BadParameter", await KeyVaultStage.OutcomeOf(() => stage.Owner.UnwrapKeyAsync(KeyVaultStage.IdOf(bundle), sha1)));
    }

    [Fact]
    public async Task Unwrap_OfAnythingWrong_IsAlwaysTheSameAnswer()
    {
        var stage = await KeyVaultStage.CreateAsync();
        var id = KeyVaultStage.IdOf(await stage.CreateRsaAsync());
        var other = KeyVaultStage.IdOf(await stage.Owner.RotateKeyAsync("kek"));
        var wrapped = (await stage.Owner.WrapKeyAsync(id, new byte[32])).EncryptedKey;
        var ofOther = (await stage.Owner.WrapKeyAsync(other, new byte[32])).EncryptedKey;

        var lengths = Enumerable.Range(0, 8).Select(i => new byte[Math.Max(0, (i * 64) - 1)]);
        var edges = new[] { new byte[256], Enumerable.Repeat((byte)255, 256).ToArray(), ofOther };
        foreach (var bytes in lengths.Concat(edges))
            await AssertParameterIncorrect(stage, id, bytes);
        await Gen.Int[0, (256 * 8) - 1]
            .SampleAsync(bit => AssertParameterIncorrect(stage, id, Flip(wrapped, bit)), iter: TestScale.Iterations(30), threads: 1);
    }

    [Fact]
    public async Task EcKey_CannotWrapOrUnwrap()
    {
        var stage = await KeyVaultStage.CreateAsync();
        var id = KeyVaultStage.IdOf(await stage.Owner.CreateKeyAsync("ec", new() { Kty = "EC" }));
        var wrap = await Assert.ThrowsAsync<KeyVaultException>(() => stage.Owner.WrapKeyAsync(id, new byte[32]));
        var unwrap = await Assert.ThrowsAsync<KeyVaultException>(() => stage.Owner.UnwrapKeyAsync(id, new byte[256]));
        Assert.Equal(("BadParameter", "BadParameter"), (wrap.Code, unwrap.Code));
        Assert.Equal((400, 400, KeyVaultVerdict.BadRequest), (wrap.Status, unwrap.Status, unwrap.Verdict));
    }

    private static byte[] Flip(byte[] bytes, int bit)
    {
        byte[] flipped = [.. bytes];
        flipped[bit / 8] ^= (byte)(1 << (bit % 8));
        return flipped;
    }

    private static async Task AssertParameterIncorrect(KeyVaultStage stage, KeyId id, byte[] encryptedKey)
    {
        var refused = await Assert.ThrowsAsync<KeyVaultException>(() => stage.Owner.UnwrapKeyAsync(id, encryptedKey));
        Assert.Equal(
            (400, "BadParameter", null, "The parameter is incorrect.", null, KeyVaultVerdict.BadRequest),
            (refused.Status, refused.Code, refused.InnerCode, refused.Message, refused.InnerException, refused.Verdict)
        );
    }
}
