using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Extensions.Logging;
using RecoveryVault.Cli.Commands;
using RecoveryVault.Cli.KeyVaults;
using RecoveryVault.Cli.Output;
using RecoveryVault.Cli.Serving;
using RecoveryVault.Embedded;
using RecoveryVault.Errors;
using RecoveryVault.Identities;
using RecoveryVault.Keys;
using RecoveryVault.Keys.Local;
using RecoveryVault.KeyVaults;
using RecoveryVault.Serving;
using RecoveryVault.Storage;
using RecoveryVault.Telemetry;
using Spectre.Console;

namespace RecoveryVault.Cli;

/// <summary>One run of one command: its options, where it prints, and the silo it works with, started when first needed.</summary>
internal sealed partial class Invocation : IAsyncDisposable
{
    private readonly ParseResult _parsed;
    private readonly NamedServer _server;
    private EmbeddedSilo? _silo;
    private EmbeddedStore? _store;
    private ServedStore? _served;

    private Invocation(ParseResult parsed)
    {
        _parsed = parsed;
        _server = new NamedServer(Setting);
        Consoles = new Consoles(parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error);
    }

    /// <summary>Where it prints.</summary>
    public Consoles Consoles { get; }

    public bool IsJson => _parsed.GetValue(GlobalOptions.Output) == "json";

    public bool IsVerbose => _parsed.GetValue(GlobalOptions.Verbose);

    public bool ShowsProgress => !_parsed.GetValue(GlobalOptions.NoProgress);

    public static string Home => Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);

    public static TimeProvider Time => TimeProvider.System;

    public T? Get<T>(Option<T> option) => _parsed.GetValue(option);

    public T Require<T>(Option<T> option) => _parsed.GetRequiredValue(option);

    public T Require<T>(Argument<T> argument) => _parsed.GetRequiredValue(argument);

    /// <summary>Runs an action and turns what it throws into the exit code and message of the contract.</summary>
    public static async Task<int> RunAsync(
        ParseResult parsed,
        Func<Invocation, CancellationToken, Task<int>> action,
        CancellationToken cancellation
    )
    {
        var run = new Invocation(parsed);
        // What serves others tells of itself as a silo, and its work is nobody's part.
        var isServer = parsed.CommandResult.Command.Name is "serve" or "silo";
        using var telemetry = isServer || !EndsWithProcess(parsed) ? null : ProcessTelemetry.Start("rvault");
        using var span = isServer ? null : VaultTraces.Start(PathOf(parsed.CommandResult.Command));
        try
        {
            await using (run)
                return await action(run, cancellation);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            span.Fail(nameof(ErrorCodes.JobInterrupted));
            run.Tell("Interrupted.");
            return ExitCodes.Interrupted;
        }
        catch (Exception e)
        {
            if (run.IsVerbose)
                run.Tell(e.ToString());
            span.Fail(Refusals.Find(e) ?? e);
            run.Fail(e);
            foreach (var note in FailureNotes.Of(e))
                run.Tell($"Also: {note}");
            return ExitCodes.Failed;
        }
    }

    /// <summary>
    /// The way to the vaults: through the server that was named or that holds the store, else through a silo started on the store in this
    /// process.
    /// </summary>
    public async Task<VaultClient> ConnectAsync(bool create = false, CancellationToken cancellation = default)
    {
        await OpenAsync(create, cancellation);
        if (_served is not null)
            return await _served.ConnectAsync(cancellation);
        if (_silo is null)
        {
            // The silo takes the store over, and with it the duty to close it.
            var store = _store ?? throw new InvalidOperationException("The store is not open.");
            _silo = await StartAsync(store, access: null, cancellation);
        }
        return new VaultClient(_silo.Client, _silo.DataPlane, Time);
    }

    /// <summary>
    /// The key vaults of a development server when one is named; else those of the store, for which no silo is needed, and which processes
    /// may share.
    /// </summary>
    public async Task<IKeyVaults> OpenKeyVaultsAsync(bool create = false, CancellationToken cancellation = default)
    {
        if (_server.Find() is { } server)
            return new ServedKeyVaults(server);
        var (keys, storeId) = await OpenKeysAsync(create, cancellation);
        return new StoreKeyVaults(new LocalKeyVaults(keys, Time, storeId));
    }

    /// <summary>The user-assigned identities, in the same place.</summary>
    public async Task<IIdentities> OpenIdentitiesAsync(bool create = false, CancellationToken cancellation = default)
    {
        if (_server.Find() is { } server)
            return new ServedIdentities(server);
        var (keys, storeId) = await OpenKeysAsync(create, cancellation);
        return new StoreIdentities(new UserAssignedIdentities(keys, storeId));
    }

    /// <summary>Where the development server is that holds the key vaults in place of the store; null: there is none.</summary>
    public Uri? KeyVaultServer => _server.Address;

    /// <summary>What a silo knows an identity by: the development server's only by their resource ids.</summary>
    /// <exception cref="VaultException">IdentityNotFound.</exception>
    public async Task<string> IdentityOfAsync(string nameOrId, CancellationToken cancellation)
    {
        if (nameOrId.StartsWith('/') || !_server.HasToken || _server.Find() is not { } server)
            return nameOrId;
        var found = await new ServedIdentities(server).FindAsync(nameOrId, cancellation);
        return found?.Id ?? throw new VaultException(ErrorCodes.IdentityNotFound, $"There is no user-assigned identity '{nameOrId}'.");
    }

    /// <summary>The keys of the store, and the store's id.</summary>
    public async Task<(IBlobStore Keys, string StoreId)> OpenKeysAsync(bool create = false, CancellationToken cancellation = default)
    {
        await OpenAsync(create, cancellation);
        return _served is not null ? await _served.OpenKeysAsync(cancellation)
            : _store is not null ? (_store.Keys, _store.Manifest.StoreId)
            : throw new InvalidOperationException("The store is not open.");
    }

    /// <summary>The store as it lies on disk and its keys: alone with them, or beside the server that holds them.</summary>
    public async Task<(IBlobStore Blobs, IBlobStore Keys, string StoreId)> OpenStoreAsync(CancellationToken cancellation)
    {
        var (keys, storeId) = await OpenKeysAsync(create: false, cancellation);
        IBlobStore blobs = _served is not null
            ? await _served.OpenBlobsAsync(cancellation)
            : _store?.Blobs ?? new FileBlobStore(StorePath, Time);
        return (blobs, keys, storeId);
    }

    /// <summary>
    /// The store as it lies on disk, without its keys: alone with it, or beside the server that holds it, for what is stored once never
    /// changes. The caller disposes the hold.
    /// </summary>
    public async Task<(IBlobStore Blobs, IDisposable? Hold)> OpenBlobsAsync(CancellationToken cancellation)
    {
        if (Cluster is { } cluster)
        {
            await using var served = new ServedStore(FindWay(cluster), PlaceOptions(create: false), Time);
            return (await served.OpenBlobsAsync(cancellation), null);
        }
        if (RemotePlace is { } remote)
            return ((await RemoteStore.FindAsync(remote, Time, cancellation)).Blobs, null);
        var options = StoreOptions(create: false) with { LeavesToServer = true };
        try
        {
            var store = await LockedStore.OpenAsync(options, Time, cancellation);
            return (store.Blobs, store);
        }
        catch (StoreServedException)
        {
            return (new FileBlobStore(StorePath, Time), null);
        }
    }

    private async Task OpenAsync(bool create, CancellationToken cancellation)
    {
        if (_store is not null || _served is not null)
            return;
        if (Cluster is { } cluster)
        {
            _served = new ServedStore(FindWay(cluster), PlaceOptions(create), Time, TellBusy);
            return;
        }
        var options = StoreOptions(create) with { LeavesToServer = true };
        try
        {
            _store = await EmbeddedStore.OpenAsync(options, Time, cancellation);
        }
        catch (StoreServedException e)
        {
            _served = new ServedStore(WayIn.Of(await ServerSearch.OfStoreAsync(options, e.Holder, cancellation)), options, Time, TellBusy);
        }
    }

    public Task<EmbeddedSilo> StartAsync(EmbeddedStore store, KeyVaultAccess? access, CancellationToken cancellation) =>
        EmbeddedSilo.StartAsync(store, Time, Logging, access, cancellation);

    private void TellBusy(VaultException cause) => Tell($"{cause.Code}: {cause.Message} Waiting for room; Ctrl-C ends it ...");

    public Action<ILoggingBuilder>? Logging => IsVerbose ? LogToStandardError : null;

    /// <summary>
    /// Set once part of a result is printed that is too long to be held: a failure after that leaves the document unfinished, so that
    /// nobody takes it for whole, and puts no second one behind it.
    /// </summary>
    public bool HasStartedOutput { get; set; }

    /// <summary>Prints a result: as JSON, or for people.</summary>
    public void Print<T>(T value, JsonTypeInfo<T> json, Action<IAnsiConsole, T> show)
    {
        if (IsJson)
            Consoles.OutputWriter.WriteLine(JsonSerializer.Serialize(value, json));
        else
            show(Consoles.Output, value);
    }

    /// <summary>A line for people, on standard error.</summary>
    public void Tell(string line) => Consoles.ErrorWriter.WriteLine(line);

    /// <summary>Says what went wrong: for people, and as JSON where that was asked for.</summary>
    public void Fail(Exception exception)
    {
        var error = Explain(exception);
        Tell($"{error.Code}: {error.Message}");
        if (error.Recommendation.Length > 0)
            Tell(error.Recommendation);
        if (IsJson && !HasStartedOutput)
            Consoles.OutputWriter.WriteLine(JsonSerializer.Serialize(new ErrorDocument(error), OutputJson.Plain.ErrorDocument));
    }

    private static ErrorShape Explain(Exception exception) =>
        exception switch
        {
            // A key vault command is answered in the key vault's own words.
            KeyVaultException fault => new ErrorShape(fault.InnerCode ?? fault.Code, fault.Message, KeyVaultAdvice.For(fault)),
            _ when Refusals.Find(exception) is { } refusal => new ErrorShape(refusal.Code, refusal.Message, refusal.Recommendation),
            _ => new ErrorShape(
                "InternalError",
                exception.Message,
                "This is a fault of the program: run the command again with --verbose and report what it prints."
            ),
        };

    private static void LogToStandardError(ILoggingBuilder logging) =>
        ConsoleLog.AddTo(logging, LogLevel.Warning, Environment.GetEnvironmentVariable);

    /// <summary>The words of a command, such as "rvault vault show".</summary>
    public static string PathOf(Command command)
    {
        var parent = command.Parents.OfType<Command>().FirstOrDefault();
        return parent is null ? "rvault" : $"{PathOf(parent)} {command.Name}";
    }

    private string? Setting(Option<string?> option, string variable) =>
        _parsed.GetValue(option) is { Length: > 0 } given ? given
        : Environment.GetEnvironmentVariable(variable) is { Length: > 0 } set ? set
        : null;

    /// <summary>To stop a silo in order takes a tenth of a command's time; what it has to say then only --verbose shows.</summary>
    private bool EndsProcess => !IsVerbose && EndsWithProcess(_parsed);

    private static bool EndsWithProcess(ParseResult parsed) => parsed.InvocationConfiguration is RunConfiguration { EndsProcess: true };

    public async ValueTask DisposeAsync()
    {
        _server.Dispose();
        if (_served is not null)
            await _served.DisposeAsync();
        if (_silo is not null && EndsProcess)
        {
            // What else the silo does goes on under the store's lock, which the system takes away at the very end.
            await _silo.EndSessionsAsync();
            return;
        }
        if (_silo is not null)
            await _silo.DisposeAsync();
        _store?.Dispose();
        (_silo, _store, _served) = (null, null, null);
    }
}
