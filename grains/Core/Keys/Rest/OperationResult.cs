using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json;

namespace RecoveryVault.Keys.Rest;

/// <summary>
/// The answer to wrap and unwrap, <c>{"kid":…,"value":…}</c>. The value may be a data key, so it goes from the answer's bytes into pinned
/// memory and never through a string.
/// </summary>
internal static class OperationResult
{
    /// <summary>The longest value: what RSA 4096 wraps or unwraps.</summary>
    private const int MaxValueBytes = 512;

    /// <returns>Null when it is no such answer.</returns>
    public static (string Kid, SecretBytes Value)? Read(ReadOnlySpan<byte> answer)
    {
        string? kid = null;
        SecretBytes? value = null;
        try
        {
            var reader = new Utf8JsonReader(answer);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
                return null;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var (isKid, isValue) = (reader.ValueTextEquals("kid"u8), reader.ValueTextEquals("value"u8));
                if (!reader.Read())
                    return null;
                if (isKid && kid is null && reader.TokenType == JsonTokenType.String)
                    kid = reader.GetString();
                else if (isValue && value is null && reader.TokenType == JsonTokenType.String && !reader.ValueIsEscaped)
                    value = Decode(reader.ValueSpan);
                else
                    reader.Skip();
            }
            if (reader.TokenType != JsonTokenType.EndObject || kid is null || value is null)
                return null;
            var result = (kid, value);
            value = null;
            return result;
        }
        catch (JsonException)
        {
            return null;
        }
        finally
        {
            value?.Dispose();
        }
    }

    private static SecretBytes? Decode(ReadOnlySpan<byte> base64Url)
    {
        Span<byte> bytes = stackalloc byte[MaxValueBytes];
        try
        {
            return
                Base64Url.IsValid(base64Url, out var length)
                && length is > 0 and <= MaxValueBytes
                && Base64Url.TryDecodeFromUtf8(base64Url, bytes, out _)
                ? SecretBytes.CopyOf(bytes[..length])
                : null;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }
}
