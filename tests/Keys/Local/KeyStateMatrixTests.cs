using RecoveryVault.Keys;
using RecoveryVault.Keys.Local;

namespace RecoveryVault.Tests.Keys.Local;

/// <summary>Every state of a key against every operation, once for the latest version and once for an older one.</summary>
public sealed class KeyStateMatrixTests
{
    private const string Gone = "404 KeyNotFound";
    private const string Denied = "403 ForbiddenByPolicy";
    private const string Unreachable = "0 HostNotFound";

    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private static readonly Dictionary<string, Func<KeyVaultStage, string, Task>> States = new()
    {
        ["enabled"] = (_, _) => Task.CompletedTask,
        ["disabled"] = (stage, version) => Set(stage, version, new() { Enabled = false }),
        ["enabled again"] = async (stage, version) =>
        {
            await Set(stage, version, new() { Enabled = false });
            await Set(stage, version, new() { Enabled = true });
        },
        ["expires now"] = (stage, version) => Set(stage, version, new() { ExpiresOn = KeyVaultStage.Start }),
        ["expires in 1 s"] = (stage, version) => Set(stage, version, new() { ExpiresOn = KeyVaultStage.Start + Second }),
        ["valid from now"] = (stage, version) => Set(stage, version, new() { NotBefore = KeyVaultStage.Start }),
        ["valid in 1 s"] = (stage, version) => Set(stage, version, new() { NotBefore = KeyVaultStage.Start + Second }),
        ["disabled and expired"] = (stage, version) => Set(stage, version, new() { Enabled = false, ExpiresOn = KeyVaultStage.Start }),
        ["no wrapKey"] = (stage, version) => Set(stage, version, new() { KeyOps = ["UnwrapKey", "encrypt"] }),
        ["no unwrapKey"] = (stage, version) => Set(stage, version, new() { KeyOps = ["wrapKey", "decrypt"] }),
        ["no operation"] = (stage, version) => Set(stage, version, new() { KeyOps = [] }),
        ["no unwrapKey, expired"] = (stage, version) =>
            Set(stage, version, new() { KeyOps = ["wrapKey"], ExpiresOn = KeyVaultStage.Start }),
        ["soft-deleted"] = (stage, _) => stage.Owner.DeleteKeyAsync("kek"),
        ["recovered"] = async (stage, _) =>
        {
            await stage.Owner.DeleteKeyAsync("kek");
            await stage.Owner.RecoverDeletedKeyAsync("kek");
        },
        ["purged"] = async (stage, _) =>
        {
            await stage.Owner.DeleteKeyAsync("kek");
            await stage.Owner.PurgeDeletedKeyAsync("kek");
        },
        ["retention over"] = async (stage, _) =>
        {
            await stage.Owner.DeleteKeyAsync("kek");
            stage.Time.Advance(TimeSpan.FromDays(90));
        },
        ["no permission"] = (stage, _) => stage.AllowAsync(),
        ["no permission, soft-deleted"] = async (stage, _) =>
        {
            await stage.AllowAsync();
            await stage.Owner.DeleteKeyAsync("kek");
        },
        ["no permission, disabled"] = async (stage, version) =>
        {
            await stage.AllowAsync();
            await Set(stage, version, new() { Enabled = false });
        },
        ["host gone"] = async (stage, _) => await stage.Store.DeleteAsync("keyvaults/kv1.json"),
    };

    public static TheoryData<string, string, string, string, string> Rows =>
        new()
        {
            { "enabled", "200", "200", "200", "200" },
            { "disabled", "200", "200", "403 KeyDisabled", "403 KeyDisabled" },
            { "enabled again", "200", "200", "200", "200" },
            { "expires now", "200", "200", "403 KeyExpired", "200" },
            { "expires in 1 s", "200", "200", "200", "200" },
            { "valid from now", "200", "200", "200", "200" },
            { "valid in 1 s", "200", "200", "403 KeyNotYetValid", "200" },
            { "disabled and expired", "200", "200", "403 KeyDisabled", "403 KeyDisabled" },
            { "no wrapKey", "200", "200", "403 KeyOperationForbidden", "200" },
            { "no unwrapKey", "200", "200", "200", "403 KeyOperationForbidden" },
            { "no operation", "200", "200", "403 KeyOperationForbidden", "403 KeyOperationForbidden" },
            { "no unwrapKey, expired", "200", "200", "403 KeyExpired", "403 KeyOperationForbidden" },
            { "soft-deleted", Gone, Gone, Gone, Gone },
            { "recovered", "200", "200", "200", "200" },
            { "purged", Gone, Gone, Gone, Gone },
            { "retention over", Gone, Gone, Gone, Gone },
            { "no permission", Denied, Denied, Denied, Denied },
            { "no permission, soft-deleted", Denied, Denied, Denied, Denied },
            { "no permission, disabled", Denied, Denied, Denied, Denied },
            { "host gone", Unreachable, Unreachable, Unreachable, Unreachable },
        };

    [Fact]
    public void Rows_CoverEveryState() => Assert.Equal(States.Keys, Rows.Select(row => (string)row[0]));

    [Theory]
    [MemberData(nameof(Rows))]
    public async Task State_DecidesEachOperation(string state, string get, string list, string wrap, string unwrap)
    {
        foreach (var older in new[] { false, true })
        {
            var stage = await KeyVaultStage.CreateAsync();
            await stage.AllowAsync("get", "list", "wrapKey", "unwrapKey");
            var id = KeyVaultStage.IdOf(await stage.CreateRsaAsync());
            var wrapped = (await stage.Principal.WrapKeyAsync(id, new byte[32])).EncryptedKey;
            if (older)
                await stage.Owner.RotateKeyAsync("kek");
            await States[state](stage, id.Version ?? "");

            Assert.Equal((state, get), (state, await KeyVaultStage.OutcomeOf(() => stage.Principal.GetKeyAsync("kek", id.Version))));
            Assert.Equal((state, list), (state, await KeyVaultStage.OutcomeOf(() => stage.Principal.ListVersionsAsync("kek"))));
            Assert.Equal((state, wrap), (state, await KeyVaultStage.OutcomeOf(() => stage.Principal.WrapKeyAsync(id, new byte[32]))));
            Assert.Equal((state, unwrap), (state, await KeyVaultStage.OutcomeOf(() => stage.Principal.UnwrapKeyAsync(id, wrapped))));
        }
    }

    [Theory]
    [InlineData("disabled", "Operation unwrapKey is not allowed on a disabled key.")]
    [InlineData("no unwrapKey", "Operation unwrapKey is not permitted on this key.")]
    [InlineData(
        "soft-deleted",
        "A key with (name/id) kek/{v} was not found in this key vault. If you recently deleted this key you may be "
            + "able to recover it using the correct recovery command. For help resolving this issue, please see "
            + "https://go.microsoft.com/fwlink/?linkid=2125182"
    )]
    public async Task Refusal_SpeaksAsTheService(string state, string message)
    {
        var stage = await KeyVaultStage.CreateAsync();
        var id = KeyVaultStage.IdOf(await stage.CreateRsaAsync());
        await States[state](stage, id.Version ?? "");
        var refused = await Assert.ThrowsAsync<KeyVaultException>(() => stage.Owner.UnwrapKeyAsync(id, new byte[256]));
        Assert.Equal(message.Replace("{v}", id.Version, StringComparison.Ordinal), refused.Message);
        Assert.Equal(KeyVaultVerdict.Denied, refused.Verdict);
    }

    [Fact]
    public async Task DisabledVersion_LeavesTheOthersUsable()
    {
        var stage = await KeyVaultStage.CreateAsync();
        var first = KeyVaultStage.IdOf(await stage.CreateRsaAsync());
        var second = KeyVaultStage.IdOf(await stage.Owner.RotateKeyAsync("kek"));
        await Set(stage, second.Version ?? "", new() { Enabled = false });
        Assert.Equal("200", await KeyVaultStage.OutcomeOf(() => stage.Owner.WrapKeyAsync(first, new byte[32])));
        // The latest stays the latest: a disabled key is a revocation, never a reason to step back.
        Assert.Equal("403 KeyDisabled", await KeyVaultStage.OutcomeOf(() => stage.Owner.WrapKeyAsync(first.Versionless, new byte[32])));
    }

    private static Task<KeyBundle> Set(KeyVaultStage stage, string version, KeyUpdate update) =>
        stage.Owner.UpdateKeyAsync("kek", version, update);
}
