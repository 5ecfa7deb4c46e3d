using RecoveryVault.Errors;

namespace RecoveryVault.Storage;

/// <summary>Turns a store's failure into the code and message a job or command fails with.</summary>
public static class StoreRefusals
{
    /// <summary>The store's failure inside an exception, however often wrapped on its way; null when there is none.</summary>
    public static BlobStoreException? Find(Exception? exception)
    {
        for (; exception is not null; exception = exception.InnerException)
        {
            if (exception is BlobStoreException found)
                return found;
        }
        return null;
    }

    /// <summary>True when a write that failed so may have happened.</summary>
    public static bool IsUnclear(Exception exception) => Find(exception)?.Error == BlobError.Unavailable;

    public static VaultException ToVaultException(BlobStoreException failure) =>
        new(
            failure.Error switch
            {
                BlobError.PreconditionFailed => ErrorCodes.ConcurrentChange,
                BlobError.StoreFull => ErrorCodes.StoreFull,
                BlobError.AccessDenied => ErrorCodes.StoreAccessDenied,
                BlobError.Damaged => ErrorCodes.DataBitRot,
                BlobError.InvalidName => ErrorCodes.InvalidRequest,
                _ => ErrorCodes.StoreUnavailable,
            },
            failure.Message
        );
}
