using System.Text.Json;

namespace RecoveryVault.Tests.Deploy;

/// <summary>The Azure template compiles without a warning, and asks for what makes it safe.</summary>
public sealed class AzureTemplateTests
{
    [BicepFact]
    public async Task Template_Compiled_IsWithoutWarningAndSafe()
    {
        var (said, template) = await BicepFactAttribute.CompileAsync("deploy/azure/main.bicep");
        Assert.Equal("", said);
        using var document = JsonDocument.Parse(template);
        var resources = document.RootElement.GetProperty("resources");
        JsonElement[] all =
            resources.ValueKind == JsonValueKind.Array
                ? [.. resources.EnumerateArray()]
                : [.. resources.EnumerateObject().Select(r => r.Value)];

        Require(Find(all, "Microsoft.Storage/storageAccounts"), "allowBlobPublicAccess", false);
        Require(Find(all, "Microsoft.Storage/storageAccounts"), "allowSharedKeyAccess", false);
        Require(Find(all, "Microsoft.Storage/storageAccounts"), "supportsHttpsTrafficOnly", true);
        Require(Find(all, "Microsoft.Storage/storageAccounts/blobServices"), "isVersioningEnabled", true);
        Assert.Equal(
            "None",
            Find(all, "Microsoft.Storage/storageAccounts/blobServices/containers").GetProperty("publicAccess").GetString()
        );
        foreach (var setting in (string[])["enablePurgeProtection", "enableRbacAuthorization", "enableSoftDelete"])
            Require(Find(all, "Microsoft.KeyVault/vaults"), setting, true);
        foreach (var guarded in (string[])["Microsoft.Storage/storageAccounts", "Microsoft.KeyVault/vaults"])
            Assert.Equal("Deny", Find(all, guarded).GetProperty("networkAcls").GetProperty("defaultAction").GetString());
        // Storage Blob Data Contributor and Key Vault Crypto Service Encryption User, and no other role.
        Assert.Equal(2, all.Count(r => TypeOf(r) == "Microsoft.Authorization/roleAssignments"));
        Assert.Contains("ba92f5b4-2d11-453d-a403-e96b0029c9fe", template, StringComparison.Ordinal);
        Assert.Contains("e147488a-f6f5-4113-8e2d-b22465e65bf6", template, StringComparison.Ordinal);
    }

    private static string? TypeOf(JsonElement resource) => resource.GetProperty("type").GetString();

    private static JsonElement Find(JsonElement[] all, string type) => Assert.Single(all, r => TypeOf(r) == type).GetProperty("properties");

    private static void Require(JsonElement properties, string name, bool value) =>
        Assert.Equal(value, properties.GetProperty(name).GetBoolean());
}
