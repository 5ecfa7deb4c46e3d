using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace RecoveryVault.Keys.Local;

/// <summary>
/// The private half of an RSA or EC key version, DER PKCS#8 in pinned memory, zeroed on dispose. An RSA object is made for one operation
/// and freed: keeping it would save 1 to 3 ms of an unwrap, of which a silo makes one per item and ten minutes.
/// </summary>
/// <remarks>
/// It is kept as it is, not encrypted once more: whoever can read the keys directory (mode 0700) is the owner, and a key to open it with
/// would have to lie beside it. The recovery kit, which leaves that directory, is encrypted.
/// </remarks>
[JsonConverter(typeof(Converter))]
internal sealed class PrivateKey(SecretBytes pkcs8) : IDisposable
{
    // The modulus of the largest key, RSA 4096.
    private const int MaxModulusBytes = 512;

    public static PrivateKey Of(AsymmetricAlgorithm key)
    {
        var bytes = key.ExportPkcs8PrivateKey();
        try
        {
            return new(SecretBytes.CopyOf(bytes));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }

    /// <summary>RSA-OAEP-256.</summary>
    /// <exception cref="KeyVaultException">400, always the same: the key did not wrap this.</exception>
    public SecretBytes Unwrap(ReadOnlySpan<byte> encryptedKey) => Decrypt(encryptedKey, RSAEncryptionPadding.OaepSHA256);

    /// <exception cref="KeyVaultException">400, always the same: the key did not encrypt this.</exception>
    public SecretBytes Decrypt(ReadOnlySpan<byte> ciphertext, RSAEncryptionPadding padding)
    {
        using var rsa = RSA.Create();
        rsa.ImportPkcs8PrivateKey(pkcs8.Span, out _);
        Span<byte> plaintext = stackalloc byte[MaxModulusBytes];
        try
        {
            return rsa.TryDecrypt(ciphertext, plaintext, padding, out var length)
                ? SecretBytes.CopyOf(plaintext[..length])
                : throw KeyVaultRefusal.ParameterIncorrect();
        }
        catch (CryptographicException)
        {
            // No inner exception: what was wrong must not be told apart by the caller.
            throw KeyVaultRefusal.ParameterIncorrect();
        }
        finally
        {
            CryptographicOperations.ZeroMemory(plaintext);
        }
    }

    /// <summary>Signs a digest; the algorithm fits the key.</summary>
    public byte[] Sign(KeyShape shape, string algorithm, ReadOnlySpan<byte> digest)
    {
        var (hash, padding) = KeyAlgorithms.Signature(algorithm);
        if (shape.Type == KeyShape.Rsa && padding is not null)
        {
            using var rsa = RSA.Create();
            rsa.ImportPkcs8PrivateKey(pkcs8.Span, out _);
            return rsa.SignHash(digest, hash, padding);
        }
        using var ec = ECDsa.Create();
        ec.ImportPkcs8PrivateKey(pkcs8.Span, out _);
        return ec.SignHash(digest);
    }

    public void Dispose() => pkcs8.Dispose();

    public override string ToString() => "PrivateKey(redacted)";

    private void Write(Utf8JsonWriter writer) => writer.WriteBase64StringValue(pkcs8.Span);

    /// <summary>Base64 straight from and to UTF-8: a string could not be wiped.</summary>
    internal sealed class Converter : JsonConverter<PrivateKey>
    {
        public override PrivateKey Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            var bytes = reader.GetBytesFromBase64();
            var key = new PrivateKey(SecretBytes.CopyOf(bytes));
            CryptographicOperations.ZeroMemory(bytes);
            return key;
        }

        public override void Write(Utf8JsonWriter writer, PrivateKey value, JsonSerializerOptions options) => value.Write(writer);
    }
}
