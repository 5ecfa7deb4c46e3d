using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using RecoveryVault.Keys;

namespace RecoveryVault.DevKeyVault.Rest;

/// <summary>Bytes of a body that may be a secret, base64url straight from and to UTF-8: a string could not be wiped.</summary>
[JsonConverter(typeof(Converter))]
internal sealed class SecretValue(SecretBytes bytes) : IDisposable
{
    public SecretBytes Bytes { get; } = bytes;

    public ReadOnlyMemory<byte> Memory => Bytes.Memory;

    public void Dispose() => Bytes.Dispose();

    public override string ToString() => "SecretValue(redacted)";

    internal sealed class Converter : JsonConverter<SecretValue>
    {
        public override SecretValue Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            if (reader.TokenType != JsonTokenType.String || reader.ValueIsEscaped || !Base64Url.IsValid(reader.ValueSpan, out var length))
                throw new JsonException("The value is not base64url.");
            var text = reader.ValueSpan.ToArray();
            return new(SecretBytes.Fill(length, text, Decode));
        }

        public override void Write(Utf8JsonWriter writer, SecretValue value, JsonSerializerOptions options)
        {
            var text = GC.AllocateUninitializedArray<byte>(Base64Url.GetEncodedLength(value.Bytes.Length), pinned: true);
            Base64Url.EncodeToUtf8(value.Bytes.Span, text);
            writer.WriteStringValue(text);
            CryptographicOperations.ZeroMemory(text);
        }

        private static void Decode(Span<byte> bytes, byte[] text)
        {
            Base64Url.DecodeFromUtf8(text, bytes);
            CryptographicOperations.ZeroMemory(text);
        }
    }
}
