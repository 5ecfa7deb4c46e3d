using System.Text.RegularExpressions;
using Azure.Storage.Blobs;
using RecoveryVault.Errors;
using RecoveryVault.KeyVaults;
using RecoveryVault.Storage.Azure;

namespace RecoveryVault.Storage;

/// <summary>
/// Where a store is: a directory (<c>files:DIR</c>), or a container of Azure Blob Storage by connection string or by https address, then
/// with the identity of this process. Its text never shows a secret.
/// </summary>
public sealed partial class BlobStoreLocation
{
    public const string PlaceVariable = "RVAULT_BLOBS";
    public const string ContainerVariable = "RVAULT_BLOBS_CONTAINER";
    public const string DefaultContainer = "recoveryvault";

    private const string FilesScheme = "files:";

    private readonly Func<BlobClientOptions, BlobContainerClient>? _connect;

    private BlobStoreLocation(string name, string? directory, Func<BlobClientOptions, BlobContainerClient>? connect) =>
        (Name, Directory, _connect) = (name, directory, connect);

    /// <summary>The directory or the container's address, without secrets.</summary>
    public string Name { get; }

    /// <summary>The directory; null: a container of Azure Blob Storage.</summary>
    public string? Directory { get; }

    public override string ToString() => Name;

    /// <summary>As the environment of this process says; null: it says nothing.</summary>
    /// <exception cref="VaultException">InvalidRequest: a variable cannot be used.</exception>
    public static BlobStoreLocation? OfProcess() => Read(Environment.GetEnvironmentVariable);

    /// <param name="variable">Reads an environment variable; empty counts as unset.</param>
    /// <exception cref="VaultException">InvalidRequest: a variable cannot be used.</exception>
    public static BlobStoreLocation? Read(Func<string, string?> variable)
    {
        var container = variable(ContainerVariable) is { Length: > 0 } named ? named : null;
        if (variable(PlaceVariable) is { Length: > 0 } place)
            return Parse(place, container, variable);
        return container is null
            ? null
            : throw new VaultException(ErrorCodes.InvalidRequest, $"{ContainerVariable} cannot be used: {PlaceVariable} is not set.");
    }

    /// <param name="place"><c>files:DIR</c>, a connection string, or the https address of an account or container.</param>
    /// <param name="container">The container; null: the address's, else <see cref="DefaultContainer"/>.</param>
    /// <param name="variable">Reads the variables of Azure's credentials; those of this process by default.</param>
    /// <exception cref="VaultException">InvalidRequest: it cannot be used, and why; nothing was tried.</exception>
    public static BlobStoreLocation Parse(string place, string? container = null, Func<string, string?>? variable = null)
    {
        if (container is not null && !ContainerName().IsMatch(container))
            throw new VaultException(
                ErrorCodes.InvalidRequest,
                $"{ContainerVariable} cannot be used: '{container}' is not of 3 to 63 lower-case letters, digits and single hyphens."
            );
        if (place.StartsWith(FilesScheme, StringComparison.Ordinal))
            return OfDirectory(place[FilesScheme.Length..]);
        if (place.StartsWith('/'))
            return OfDirectory(place);
        if (place.Contains("://", StringComparison.Ordinal) && !place.Contains(';', StringComparison.Ordinal))
            return OfAddress(place, container, variable ?? Environment.GetEnvironmentVariable);
        return OfConnectionString(ConnectionString.Parse(place), container ?? DefaultContainer);
    }

    /// <summary>Opens the store; looks whether it is there and lets this process in.</summary>
    /// <param name="create">Make the directory or container if it is missing.</param>
    /// <exception cref="VaultException">StoreNotFound, StoreAccessDenied, StoreUnavailable, NotAStore.</exception>
    public async Task<IBlobStore> OpenAsync(bool create, TimeProvider time, CancellationToken cancellation = default)
    {
        if (_connect is not null)
            return await AzureBlobStore.OpenAsync(_connect, create, time, cancellation: cancellation);
        try
        {
            if (!create && !System.IO.Directory.Exists(Directory))
                throw new VaultException(ErrorCodes.StoreNotFound, $"There is no store in {Directory}.");
            return new FileBlobStore(Directory ?? "", time, new FileBlobStoreOptions { CreateIfMissing = create });
        }
        catch (BlobStoreException error)
        {
            throw StoreRefusals.ToVaultException(error);
        }
    }

    private static BlobStoreLocation OfDirectory(string directory)
    {
        if (directory.Length == 0)
            throw Invalid("it names no directory");
        var path = Path.GetFullPath(directory);
        return new(path, path, null);
    }

    private static BlobStoreLocation OfConnectionString(ConnectionString parsed, string container) =>
        new($"{parsed}/{container}", null, options => new(parsed.Text, container, options));

    private static BlobStoreLocation OfAddress(string text, string? container, Func<string, string?> variable)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out var address))
            throw Invalid("it is no address");
        if (address.Query.Length > 0 || address.UserInfo.Length > 0 || address.Fragment.Length > 0)
            throw Invalid("an address has no user, query or fragment; a shared access signature belongs into a connection string");
        if (address.Scheme != Uri.UriSchemeHttps)
            throw Invalid($"'{text}' is not https, and a token is never sent without TLS; Azurite is reached by a connection string");
        var segments = address.AbsolutePath.Split('/', StringSplitOptions.RemoveEmptyEntries);
        // An account is in the host's name, except where the host has none.
        var ofAccount = address.HostNameType is UriHostNameType.Dns && address.Host.Contains('.', StringComparison.Ordinal) ? 0 : 1;
        if (segments.Length < ofAccount || segments.Length > ofAccount + 1)
            throw Invalid($"'{text}' is not the address of an account or a container");
        var named = segments.Length > ofAccount ? segments[ofAccount] : null;
        if (named is not null && container is not null && named != container)
            throw Invalid($"it names the container '{named}', and {ContainerVariable} names '{container}'");
        if (named is not null && !ContainerName().IsMatch(named))
            throw Invalid($"'{named}' is no name of a container");
        var account = address.GetLeftPart(UriPartial.Authority) + string.Concat(segments.Take(ofAccount).Select(s => "/" + s));
        var place = new Uri($"{account}/{named ?? container ?? DefaultContainer}");
        var credentials = new VaultCredentials(name => variable(name) is { Length: > 0 } value ? value : null);
        return new(place.ToString(), null, options => new BlobContainerClient(place, credentials.OfProcess, options));
    }

    internal static VaultException Invalid(string why) => new(ErrorCodes.InvalidRequest, $"{PlaceVariable} cannot be used: {why}.");

    [GeneratedRegex("^(?=.{3,63}$)[a-z0-9]+(-[a-z0-9]+)*$")]
    private static partial Regex ContainerName();
}
