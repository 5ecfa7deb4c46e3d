using RecoveryVault.Keys;
using RecoveryVault.Tests.Storage;

namespace RecoveryVault.Tests.Keys;

/// <summary>Tests of what needs a platform keyring and no store of its own.</summary>
public abstract class KeyringTest : IAsyncLifetime
{
    private PlatformKeyring? _keyring;

    protected PlatformKeyring Keyring => _keyring ?? throw new InvalidOperationException("The test has not begun.");

    public async Task InitializeAsync() =>
        _keyring = await PlatformKeyring.CreateAsync(new MemoryBlobStore(), "store", TimeProvider.System);

    public Task DisposeAsync()
    {
        _keyring?.Dispose();
        return Task.CompletedTask;
    }
}
