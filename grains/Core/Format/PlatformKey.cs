using RecoveryVault.Keys;

namespace RecoveryVault.Format;

/// <summary>
/// A key of the platform keyring: 32 bytes with the id records and objects name it by. Its check value was verified before it comes here.
/// </summary>
public sealed record PlatformKey(uint Id, SecretBytes Secret);
