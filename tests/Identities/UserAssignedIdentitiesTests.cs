using RecoveryVault.Errors;
using RecoveryVault.Identities;
using RecoveryVault.Tests.Storage;

namespace RecoveryVault.Tests.Identities;

/// <summary>User-assigned identities of a keys store, and which ids lead to one.</summary>
public sealed class UserAssignedIdentitiesTests
{
    private const string AzureId =
        "/subscriptions/00000000-1111-2222-3333-444444444444/resourceGroups/rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/backups";

    private readonly UserAssignedIdentities _identities = new(new MemoryBlobStore(), "tenant");

    [Theory]
    [InlineData("")]
    [InlineData("-a")]
    [InlineData("a/b")]
    [InlineData("a.b")]
    [InlineData("ä")]
    public async Task Create_NameThatIsNone_IsRefused(string name) =>
        Assert.Equal(ErrorCodes.InvalidName, (await Assert.ThrowsAsync<VaultException>(() => _identities.CreateAsync(name))).Code);

    [Fact]
    public async Task Find_WhatIsNotThere_IsNothing()
    {
        Assert.Null(await _identities.FindAsync("none"));
        Assert.Null(await _identities.FindAsync("../keyvaults/kv1"));
        Assert.False(await _identities.DeleteAsync("none"));
        Assert.False(await _identities.WasDeletedAsync("none"));
    }

    [Fact]
    public async Task Create_Again_IsTheSame_InAnyCase()
    {
        var made = await _identities.CreateAsync("Backups");

        Assert.Equal(made, await _identities.CreateAsync("backups"));
        Assert.Equal(made, await _identities.FindAsync("BACKUPS"));
        Assert.Equal(made, await _identities.FindAsync(made.Id.ToUpperInvariant()));
        Assert.Equal([made], await _identities.ListAsync());
        Assert.Equal("tenant", made.TenantId);
        Assert.NotEqual(made.PrincipalId, made.ClientId);
    }

    [Fact]
    [Trait("Requirement", "R24")]
    public async Task Deleted_Identity_IsRememberedAndItsNameIsAnothers()
    {
        var made = await _identities.CreateAsync("backups");

        Assert.True(await _identities.DeleteAsync(made.Id));

        Assert.True(await _identities.WasDeletedAsync(made.PrincipalId));
        Assert.True(await _identities.WasDeletedAsync(made.PrincipalId.ToUpperInvariant()));
        Assert.Empty(await _identities.ListAsync());
        Assert.NotEqual(made.PrincipalId, (await _identities.CreateAsync("backups")).PrincipalId);
    }

    [Theory]
    [InlineData("backups")]
    [InlineData("/subscriptions/x")]
    [InlineData(AzureId + "/more")]
    [InlineData(
        "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/local/providers/Microsoft.ManagedIdentity/userAssignedIdentities/none"
    )]
    public async Task Directory_IdOfNothing_IsRefused(string id)
    {
        var refusal = await Assert.ThrowsAsync<VaultException>(() => new IdentityDirectory(_identities).GetAsync(id));

        Assert.Equal(ErrorCodes.IdentityNotFound, refusal.Code);
    }

    [Fact]
    public async Task Directory_BesideADevelopmentServer_TakesItsIds_AndNoNames()
    {
        const string ServedId =
            "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/local/providers/Microsoft.ManagedIdentity/userAssignedIdentities/s";
        var directory = new IdentityDirectory(_identities, isServed: true);

        Assert.Equal(new UserAssignedIdentity(ServedId, "s", "", "", ""), await directory.GetAsync(ServedId));
        await Assert.ThrowsAsync<VaultException>(() => directory.GetAsync("s"));
    }

    [Fact]
    public async Task Directory_FindsLocalOnesAndAzures()
    {
        var made = await _identities.CreateAsync("backups");
        var directory = new IdentityDirectory(_identities);

        Assert.Equal(made, await directory.GetAsync("backups"));
        Assert.Equal(made, await directory.GetAsync(made.Id));
        Assert.Equal(new UserAssignedIdentity(AzureId, "backups", "", "", ""), await directory.GetAsync(AzureId));
        Assert.Equal(AzureId, (await new IdentityDirectory(null).GetAsync(AzureId)).Id);
    }
}
