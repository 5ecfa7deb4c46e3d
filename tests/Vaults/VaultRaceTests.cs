using CsCheck;
using RecoveryVault.Errors;
using RecoveryVault.Records;
using RecoveryVault.Tests.Records;
using RecoveryVault.Tests.Storage;
using RecoveryVault.Tests.Style;
using RecoveryVault.Vaults;
using static RecoveryVault.Tests.Vaults.VaultSamples;

namespace RecoveryVault.Tests.Vaults;

/// <summary>Two activations of one vault, which Orleans allows: the record's conditional write alone keeps them apart.</summary>
public sealed class VaultRaceTests
{
    private static async Task<RecordCell<VaultRecord>> OpenAsync(FaultyBlobStore store)
    {
        var state = new StoredState<VaultRecord>(
            StorageSamples.Open(store, serializer: new RecoveryVault.Storage.RecordSerializer()),
            StorageSamples.TallyGrain
        );
        await state.ReadStateAsync();
        return new(state);
    }

    /// <summary>One of the two happens wholly before some call of the other, answers are lost, and each works on its own memory.</summary>
    [Fact]
    [Trait("Requirement", "R11")]
    public Task R11_EnableAndProtectOnTwoActivations_HaveOneSerialOrder() =>
        Gen.Select(Gen.Bool, Gen.Int[0, 4], Gen.Int[0, 6].List[0, 2])
            .SampleAsync(
                async (isEnableInside, insideAt, lostAt) =>
                {
                    var store = new FaultyBlobStore(new MemoryBlobStore());
                    using var enabling = await OpenAsync(store);
                    var seen = await enabling.UpdateAsync(_ => New().WithIdentity());
                    using var protecting = await OpenAsync(store);
                    var enable = () => OutcomeOfAsync(() => enabling.UpdateAsync(v => EnableOn(v!, seen)));
                    var protect = () => OutcomeOfAsync(() => protecting.UpdateAsync(v => ProtectOn(v!)));
                    var outer = isEnableInside ? protect : enable;
                    var inner = new Lazy<Task<string?>>(isEnableInside ? enable : protect);
                    var isOver = false;
                    store.Inject(new Fault.First(() => isOver ? Task.CompletedTask : inner.Value), BlobCalls.Any, insideAt);
                    foreach (var nth in lostAt)
                        store.Inject(new Fault.AckLost(), BlobCalls.Put, nth);

                    var outside = await outer();
                    isOver = true;
                    var inside = await inner.Value;
                    var enabled = isEnableInside ? inside : outside;

                    store.Recover();
                    using var reader = await OpenAsync(store);
                    var final = await reader.UpdateAsync(v => v!);
                    Assert.Equal(enabled is null, final.Settings.Encryption.IsCustomerManaged);
                    if (enabled is not null)
                        Assert.Contains(
                            enabled,
                            new[] { ErrorCodes.UserErrorCMKProtectionAttempted, ErrorCodes.UserErrorCMKVaultHasProtectedItems }
                        );
                    // An item enrolled before the key would leave a pass to be made.
                    Assert.Null(final.Settings.Encryption.Previous);
                    Assert.Single(final.Roster);
                },
                iter: TestScale.Iterations(200),
                threads: 1
            );

    private static VaultRecord EnableOn(VaultRecord vault, VaultRecord seen) =>
        vault.Settings.Encryption.IsCustomerManaged ? vault : vault.AssignKey(Key, null, Facts, seen, Now);

    private static VaultRecord ProtectOn(VaultRecord vault) => vault.Roster.IsEmpty ? vault.WithItem() : vault;

    private static async Task<string?> OutcomeOfAsync(Func<Task> call)
    {
        try
        {
            await call();
            return null;
        }
        catch (VaultException refusal)
        {
            return refusal.Code;
        }
    }
}
