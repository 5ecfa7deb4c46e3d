using Azure;
using Azure.Storage.Blobs;
using RecoveryVault.Errors;

namespace RecoveryVault.Storage.Azure;

/// <summary>Looks at a container before a store is opened in it, and says in one line why it cannot hold one.</summary>
internal static class AzureOpening
{
    /// <exception cref="VaultException">StoreNotFound, StoreAccessDenied, StoreUnavailable, NotAStore.</exception>
    public static async Task RequireAsync(BlobContainerClient container, bool create, CancellationToken cancellation)
    {
        var place = container.Uri.GetLeftPart(UriPartial.Path);
        try
        {
            if (!create)
                await container.GetPropertiesAsync(cancellationToken: cancellation);
            else
                await container.CreateIfNotExistsAsync(cancellationToken: cancellation);
        }
        catch (Exception error) when (AzureFailure.IsOfRequest(error) && !cancellation.IsCancellationRequested)
        {
            throw Refusal(place, error);
        }
        if (await HasDirectoriesAsync(container, cancellation))
            throw new VaultException(
                ErrorCodes.NotAStore,
                $"{place} is in an account with a hierarchical namespace, where 'a' and 'a/b' cannot both be.",
                "Use a storage account without hierarchical namespace."
            );
    }

    private static VaultException Refusal(string place, Exception error) =>
        error switch
        {
            RequestFailedException { ErrorCode: "ContainerNotFound" } => new(
                ErrorCodes.StoreNotFound,
                $"There is no container at {place}.",
                "Name the right container, or let the command that makes a store make it."
            ),
            RequestFailedException { Status: 401 or 403 } => new(
                ErrorCodes.StoreAccessDenied,
                $"{place} refused access: {AzureFailure.Describe(error)}.",
                "Check the account key, or that the identity has the role Storage Blob Data Contributor."
            ),
            _ => new(
                ErrorCodes.StoreUnavailable,
                $"{place} cannot be used: {AzureFailure.Describe(error)}.",
                "Check the address, the network and the identity, and try again."
            ),
        };

    /// <summary>Whether the account keeps directories; where it does not tell, an order of names that is not ours will.</summary>
    private static async Task<bool> HasDirectoriesAsync(BlobContainerClient container, CancellationToken cancellation)
    {
        try
        {
            return (await container.GetAccountInfoAsync(cancellation)).Value.IsHierarchicalNamespaceEnabled;
        }
        catch (RequestFailedException)
        {
            return false;
        }
    }
}
