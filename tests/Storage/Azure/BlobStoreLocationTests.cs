using RecoveryVault.Errors;
using RecoveryVault.Storage;

namespace RecoveryVault.Tests.Storage.Azure;

[NeedsTools("node", "npm")]
public sealed class BlobStoreLocationTests
{
    private const string Secret = "c2VjcmV0c2VjcmV0";

    [Theory]
    [InlineData("nonsense", "neither files:DIR")]
    [InlineData("=x;", "neither files:DIR")]
    [InlineData("files:", "no directory")]
    [InlineData("http://account.blob.core.windows.net", "is not https")]
    [InlineData("http://127.0.0.1:10000/devstoreaccount1", "is not https")]
    [InlineData("ftp://account.blob.core.windows.net", "is not https")]
    [InlineData("https://account.blob.core.windows.net/a/b", "not the address of an account or a container")]
    [InlineData("https://localhost:1", "not the address of an account or a container")]
    [InlineData("https://account.blob.core.windows.net/Upper", "no name of a container")]
    [InlineData("https://account.blob.core.windows.net/c?sig=" + Secret, "shared access signature belongs")]
    [InlineData("https://user:" + Secret + "@account.blob.core.windows.net/c", "no user")]
    [InlineData("https://", "no address")]
    [InlineData("AccountName=a;AccountKey=" + Secret + ";DefaultEndpointsProtocol=http", "neither https nor on this machine")]
    [InlineData("BlobEndpoint=http://10.0.0.1:10000/a;AccountName=a;AccountKey=" + Secret, "neither https nor on this machine")]
    [InlineData("BlobEndpoint=nowhere;AccountName=a;AccountKey=" + Secret, "BlobEndpoint is no address")]
    [InlineData("AccountName=a;AccountKey=" + Secret + "!", "AccountKey is not base64")]
    [InlineData("AccountName=a", "neither AccountKey nor SharedAccessSignature")]
    [InlineData("AccountKey=" + Secret, "neither AccountName nor BlobEndpoint")]
    [InlineData("BlobEndpoint=https://a.example;AccountKey=" + Secret, "no AccountName")]
    [InlineData("AccountName=a;AccountKey=" + Secret + ";AccountKey=" + Secret, "stands there twice")]
    public void Parse_OfWhatCannotBeUsed_SaysWhyWithoutSecrets(string place, string why)
    {
        var error = Assert.Throws<VaultException>(() => BlobStoreLocation.Parse(place));
        Assert.Equal(ErrorCodes.InvalidRequest, error.Code);
        Assert.Contains(why, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, error.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Theory]
    [InlineData("ab")]
    [InlineData("a--b")]
    [InlineData("-ab")]
    [InlineData("Abc")]
    public void Parse_ContainerNameOfAnotherForm_IsRefused(string container) =>
        Assert.Contains(
            container,
            Assert.Throws<VaultException>(() => BlobStoreLocation.Parse("UseDevelopmentStorage=true", container)).Message,
            StringComparison.Ordinal
        );

    [Fact]
    public void Parse_TwoContainers_IsRefused() =>
        Assert.Throws<VaultException>(() => BlobStoreLocation.Parse("https://a.blob.core.windows.net/one", "two"));

    [Fact]
    public void Read_ContainerWithoutPlace_IsRefusedAndNothingIsNothing()
    {
        Assert.Null(BlobStoreLocation.Read(_ => null));
        Assert.Null(BlobStoreLocation.Read(_ => ""));
        var error = Assert.Throws<VaultException>(() =>
            BlobStoreLocation.Read(name => name == BlobStoreLocation.ContainerVariable ? "abc" : null)
        );
        Assert.Contains("RVAULT_BLOBS is not set", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("files:/var/lib/rvault", null, "/var/lib/rvault")]
    [InlineData("/var/lib/rvault", null, "/var/lib/rvault")]
    [InlineData("https://acc.blob.core.windows.net", null, "https://acc.blob.core.windows.net/recoveryvault")]
    [InlineData("https://acc.blob.core.windows.net/", "other", "https://acc.blob.core.windows.net/other")]
    [InlineData("https://acc.blob.core.windows.net/named", null, "https://acc.blob.core.windows.net/named")]
    [InlineData("https://127.0.0.1:9/acc/named", "named", "https://127.0.0.1:9/acc/named")]
    [InlineData("AccountName=acc;AccountKey=" + Secret, null, "https://acc.blob.core.windows.net/recoveryvault")]
    [InlineData("AccountName=acc;AccountKey=" + Secret + ";EndpointSuffix=core.example", "abc", "https://acc.blob.core.example/abc")]
    [InlineData("BlobEndpoint=https://h.example/acc/?x=y;SharedAccessSignature=sig=" + Secret, "abc", "https://h.example/acc/abc")]
    [InlineData("UseDevelopmentStorage=true", null, "http://127.0.0.1:10000/devstoreaccount1/recoveryvault")]
    public void Parse_Place_IsNamedWithoutSecrets(string place, string? container, string name)
    {
        var location = BlobStoreLocation.Parse(place, container, _ => null);
        Assert.Equal(name, $"{location}");
        Assert.Equal(name.StartsWith('/') ? name : null, location.Directory);
    }

    [StoreFact]
    public async Task Open_WhatIsNotThereOrRefuses_SaysSoInOneLine()
    {
        var azurite = await AzuriteServer.SharedAsync();
        var container = AzuriteServer.NewContainerName();
        var missing = $"There is no container at {azurite.Endpoint}/{container}.";
        await RefusedAsync(azurite.ConnectionString, container, ErrorCodes.StoreNotFound, missing);
        var wrongKey = azurite.ConnectionString.Replace(AzuriteServer.AccountKey, Secret, StringComparison.Ordinal);
        await RefusedAsync(wrongKey, container, ErrorCodes.StoreAccessDenied, "the service answered 403 AuthorizationFailure");
        var closed = AzuriteServer.ConnectionStringAt(AzuriteServer.ClosedPort());
        await RefusedAsync(closed, container, ErrorCodes.StoreUnavailable, "Connection refused");
        var nowhere = $"AccountName=a;AccountKey={Secret};EndpointSuffix=invalid";
        await RefusedAsync(nowhere, container, ErrorCodes.StoreUnavailable, "a.blob.invalid");
    }

    [StoreFact]
    public async Task Open_ToCreate_MakesItOnceAndOpensItAgain()
    {
        var location = BlobStoreLocation.Parse((await AzuriteServer.SharedAsync()).ConnectionString, AzuriteServer.NewContainerName());
        await (await location.OpenAsync(create: true, TimeProvider.System)).PutTextAsync("a", "x");
        Assert.Equal("x", await (await location.OpenAsync(create: true, TimeProvider.System)).GetTextAsync("a"));
        Assert.Equal("x", await (await location.OpenAsync(create: false, TimeProvider.System)).GetTextAsync("a"));
    }

    [Fact]
    public async Task Open_Directory_IsMadeOnlyWhenAskedTo()
    {
        using var scratch = new ScratchDirectory();
        var location = BlobStoreLocation.Parse("files:" + scratch["store"]);
        var error = await Assert.ThrowsAsync<VaultException>(() => location.OpenAsync(create: false, TimeProvider.System));
        Assert.Equal(ErrorCodes.StoreNotFound, error.Code);
        await (await location.OpenAsync(create: true, TimeProvider.System)).PutTextAsync("a", "x");
        Assert.Equal("x", await (await location.OpenAsync(create: false, TimeProvider.System)).GetTextAsync("a"));
    }

    private static async Task RefusedAsync(string place, string container, string code, string why)
    {
        var location = BlobStoreLocation.Parse(place, container);
        var error = await Assert.ThrowsAsync<VaultException>(() => location.OpenAsync(create: false, TimeProvider.System));
        Assert.Equal(code, error.Code);
        Assert.Contains(why, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
        Assert.DoesNotContain(Secret, error.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(AzuriteServer.AccountKey, error.ToString(), StringComparison.Ordinal);
    }
}
