using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using RecoveryVault.Errors;
using RecoveryVault.Keys;
using RecoveryVault.Reports;
using RecoveryVault.Tests.Storage;

namespace RecoveryVault.Tests.Reports;

/// <summary>Who signed a report, and whether anything in it was changed since.</summary>
public sealed class ReportDocumentTests : IAsyncLifetime
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };
    private static readonly JsonSerializerOptions Compact = new();

    private PlatformKeyring _keyring = null!;
    private PlatformKeyring _other = null!;
    private ReportSigner _signer = null!;

    public async Task InitializeAsync()
    {
        _keyring = await PlatformKeyring.CreateAsync(new MemoryBlobStore(), "11111111-1111-1111-1111-111111111111", TimeProvider.System);
        _other = await PlatformKeyring.CreateAsync(new MemoryBlobStore(), "22222222-2222-2222-2222-222222222222", TimeProvider.System);
        _signer = new ReportSigner(_keyring);
    }

    [Fact]
    public void Verify_AnyCharacterOfTheReportChanged_IsTampered()
    {
        var signed = Sign();
        for (var i = 0; i < signed.Content.Length; i++)
        {
            var changed = signed.Content[..i] + (signed.Content[i] == 'x' ? 'y' : 'x') + signed.Content[(i + 1)..];
            if (IsJson(changed))
                Refuses(ErrorCodes.ReportTampered, () => ReportDocument.Of(signed with { Content = changed }).Verify(_signer.ListKeys()));
        }
    }

    [Theory]
    [InlineData("safeToDisable", "true")]
    [InlineData("generation", "8")]
    [InlineData("time", "\"2030-01-01T00:00:00.000Z\"")]
    [InlineData("vaultId", "\"00000000000000000000000000000000\"")]
    [InlineData("added", "1")]
    public void Verify_MemberChangedOrAdded_IsTampered(string name, string value)
    {
        var file = FileOf(Sign());
        var holder = name == "safeToDisable" ? file["report"]!["versions"]![0]! : file["report"]!;
        holder[name] = JsonNode.Parse(value);
        Refuses(ErrorCodes.ReportTampered, () => Parse(file).Verify(_signer.ListKeys()));
    }

    [Fact]
    public void Verify_SignatureOfAnotherReport_IsTampered()
    {
        var (file, another) = (FileOf(Sign()), FileOf(Sign(generation: 8)));
        file["signature"] = another["signature"]!.DeepClone();
        Refuses(ErrorCodes.ReportTampered, () => Parse(file).Verify(_signer.ListKeys()));
    }

    [Fact]
    public void Verify_OtherStoresKey_IsSaidSoWhateverItClaims()
    {
        var file = FileOf(Sign(new ReportSigner(_other)));
        Refuses(ErrorCodes.ReportOtherKey, () => Parse(file).Verify(_signer.ListKeys()));
        file["signature"]!["keyId"] = "platform:1";
        file["report"]!["storeId"] = _keyring.StoreId;
        Refuses(ErrorCodes.ReportOtherKey, () => Parse(file).Verify(_signer.ListKeys()));
        file["signature"]!["publicKey"] = _signer.ListKeys()[0].PublicKey;
        Refuses(ErrorCodes.ReportTampered, () => Parse(file).Verify(_signer.ListKeys()));
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"report":{}}""")]
    [InlineData("""{"report":{},"signature":null}""")]
    [InlineData("""{"report":{},"signature":{"algorithm":"ECDSA-P256-SHA256"}}""")]
    [InlineData("""{"report":{},"signature":{"algorithm":null,"keyId":"","publicKey":"","value":""}}""")]
    [InlineData("no JSON at all")]
    public void Parse_NoReport_IsRefused(string text) =>
        Refuses(ErrorCodes.ReportUnreadable, () => ReportDocument.Parse(Encoding.UTF8.GetBytes(text)));

    [Theory]
    [InlineData("algorithm", "none", ErrorCodes.ReportUnreadable)]
    [InlineData("publicKey", "no key", ErrorCodes.ReportOtherKey)]
    [InlineData("value", "no base64", ErrorCodes.ReportTampered)]
    [InlineData("value", "", ErrorCodes.ReportTampered)]
    public void Verify_SignatureIsNone_IsRefused(string name, string value, string code)
    {
        var file = FileOf(Sign());
        file["signature"]![name] = value;
        Refuses(code, () => Parse(file).Verify(_signer.ListKeys()));
    }

    [Fact]
    public void ReadHeader_AnotherForm_IsRefused()
    {
        var file = FileOf(Sign());
        file["report"]!["format"] = "recoveryvault-report-2";
        Refuses(ErrorCodes.ReportUnreadable, () => Parse(file).ReadHeader());
    }

    [Fact]
    public void Verify_GoodReport_IsGoodHoweverItIsWritten()
    {
        var file = FileOf(Sign());
        var report = file["report"]!.AsObject().Reverse().ToDictionary(m => m.Key, m => m.Value?.DeepClone());
        var turned = new JsonObject { ["signature"] = file["signature"]!.DeepClone(), ["report"] = new JsonObject(report) };

        foreach (var indented in new[] { false, true })
        {
            var document = ReportDocument.Parse(JsonSerializer.SerializeToUtf8Bytes(turned, indented ? Indented : Compact));
            document.Verify(_signer.ListKeys());
            Assert.Equal(7, document.ReadHeader().Generation);
        }
    }

    [Fact]
    public void Sign_SamePlatformKey_AlwaysHasTheSamePublicKeyAndNoOther()
    {
        Assert.Equal(Assert.Single(_signer.ListKeys()), Sign().Key);
        Assert.NotEqual(Sign().Key.PublicKey, Sign(new ReportSigner(_other)).Key.PublicKey);
    }

    /// <summary>A vector: whoever changes the derivation makes every report of before unverifiable.</summary>
    [Fact]
    public async Task Sign_KnownPlatformKey_HasTheKnownPublicKey()
    {
        var keys = new MemoryBlobStore();
        var stored =
            $$"""{"version":1,"storeId":"s","current":1,"keys":[{"id":1,"createdAt":"2026-01-01T00:00:00Z","key":"{{Convert.ToBase64String(new byte[32])}}"}]}""";
        await keys.PutAsync(PlatformKeyring.BlobName, new(Encoding.UTF8.GetBytes(stored)), RecoveryVault.Storage.PutCondition.IfAbsent);
        using var keyring = (await PlatformKeyring.FindAsync(keys, "s"))!;

        var expected = HKDF.Expand(HashAlgorithmName.SHA256, new byte[32], 32, [.. "recoveryvault/1/report-key"u8, 0]);
        using var key = ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, D = expected });

        Assert.Equal(Convert.ToBase64String(key.ExportSubjectPublicKeyInfo()), new ReportSigner(keyring).ListKeys()[0].PublicKey);
    }

    public Task DisposeAsync()
    {
        _keyring.Dispose();
        _other.Dispose();
        return Task.CompletedTask;
    }

    private SignedReport Sign(ReportSigner? signer = null, long generation = 7) =>
        (signer ?? _signer).Sign(
            new KeyVersionsReport
            {
                Kind = ReportKinds.KeyVersions,
                Time = ReportHeader.Text(new DateTimeOffset(2026, 11, 28, 12, 0, 0, TimeSpan.Zero)),
                StoreId = _keyring.StoreId,
                VaultId = new string('a', 32),
                VaultName = "docs",
                Generation = generation,
                Caller = "anna@here",
                Versions = [new KeyVersionUse("v", "https://kv/keys/kek/v", "Enabled", ["(vault)"], false)],
            },
            ReportJson.Default.KeyVersionsReport
        );

    private static JsonObject FileOf(SignedReport signed)
    {
        var document = ReportDocument.Of(signed);
        return new JsonObject
        {
            ["report"] = JsonNode.Parse(document.Report.GetRawText()),
            ["signature"] = JsonSerializer.SerializeToNode(document.Signature, ReportJson.Default.ReportSignature),
        };
    }

    private static ReportDocument Parse(JsonObject file) => ReportDocument.Parse(Encoding.UTF8.GetBytes(file.ToJsonString()));

    private static bool IsJson(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static void Refuses(string code, Action act) => Assert.Equal(code, Assert.Throws<VaultException>(act).Code);
}
