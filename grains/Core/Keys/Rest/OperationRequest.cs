using System.Buffers.Text;
using System.Security.Cryptography;
using Azure.Core;

namespace RecoveryVault.Keys.Rest;

/// <summary>
/// The body of wrap and unwrap, <c>{"alg":"RSA-OAEP-256","value":…}</c>. What is wrapped is a data key, so the body is made in pinned
/// memory and zeroed on dispose. What the transport copied of it on its way into TLS cannot be reached.
/// </summary>
internal sealed class OperationRequest : IDisposable
{
    private readonly byte[] _body;

    public OperationRequest(ReadOnlySpan<byte> value)
    {
        var before = "{\"alg\":\"RSA-OAEP-256\",\"value\":\""u8;
        var after = "\"}"u8;
        var encodedLength = Base64Url.GetEncodedLength(value.Length);
        _body = GC.AllocateUninitializedArray<byte>(before.Length + encodedLength + after.Length, pinned: true);
        before.CopyTo(_body);
        Base64Url.EncodeToUtf8(value, _body.AsSpan(before.Length, encodedLength));
        after.CopyTo(_body.AsSpan(before.Length + encodedLength));
    }

    public RequestContent Content => RequestContent.Create(_body);

    public void Dispose() => CryptographicOperations.ZeroMemory(_body);
}
