namespace RecoveryVault.Tests.Storage;

/// <summary>Kinds of calls of a blob store.</summary>
[Flags]
public enum BlobCalls
{
    None = 0,
    Put = 1,
    Get = 2,
    Read = 4,
    Delete = 8,
    List = 16,
    Writes = Put | Delete,
    Any = Put | Get | Read | Delete | List,
}
