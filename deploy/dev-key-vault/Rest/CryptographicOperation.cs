using RecoveryVault.Keys;
using RecoveryVault.Keys.Local;

namespace RecoveryVault.DevKeyVault.Rest;

/// <summary>Wrap, unwrap, encrypt, decrypt, sign and verify.</summary>
internal static class CryptographicOperation
{
    public static async Task<string?> RunAsync(KeyRequest request, KeyOperation operation, LocalKeyVault keys)
    {
        using var body = await request.ReadAsync(BodyJson.Default.OperationBody);
        var algorithm = body.Alg ?? throw Answers.BadParameter("The property 'alg' is missing.");
        var value = body.Value ?? throw Answers.BadParameter("The property 'value' is missing.");
        var key = IdOf(request, operation);
        switch (operation.Name)
        {
            case "KeyVerify":
                var digest = body.Digest ?? throw Answers.BadParameter("The property 'digest' is missing.");
                var holds = await keys.VerifyAsync(key, algorithm, digest.Memory, value.Memory, request.Cancellation);
                await Answers.OkAsync(request.Context, new VerifyAnswer(holds), AnswerJson.Rest.VerifyAnswer);
                return key.ToString();
            case "KeySign":
                var (signer, signature) = await keys.SignAsync(key, algorithm, value.Memory, request.Cancellation);
                using (var copy = SecretBytes.CopyOf(signature))
                    return await AnswerAsync(request, signer, copy);
            default:
                var (id, result) = await keys.TransformAsync(
                    operation.Permission ?? "",
                    key,
                    algorithm,
                    value.Memory,
                    request.Cancellation
                );
                using (result)
                    return await AnswerAsync(request, id, result);
        }
    }

    private static async Task<string?> AnswerAsync(KeyRequest request, KeyId id, SecretBytes value)
    {
        await Answers.OkAsync(request.Context, new OperationAnswer(id.ToString(), new(value)), AnswerJson.Rest.OperationAnswer);
        return id.ToString();
    }

    private static KeyId IdOf(KeyRequest request, KeyOperation operation)
    {
        var version = operation.Version is null ? "" : $"/{operation.Version}";
        return KeyId.TryParse($"https://{request.Host}/keys/{operation.Key}{version}", out var id)
            ? id
            : throw Answers.BadParameter($"The request URI contains an invalid name: {operation.Key}{version}");
    }
}
