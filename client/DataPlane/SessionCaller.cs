using System.Net.Http.Headers;
using RecoveryVault.Connections;
using RecoveryVault.DataPath;
using RecoveryVault.DataPath.Wire;
using RecoveryVault.Errors;

namespace RecoveryVault.DataPlane;

/// <summary>
/// Sends the requests of one session. A connection that drops, or a silo that has too much to do, is tried again a few times: every
/// request of the protocol may be repeated. What the silo refuses is thrown as the refusal it is.
/// </summary>
internal sealed class SessionCaller(
    HttpMessageInvoker http,
    Uri silo,
    SessionTicket ticket,
    string direction,
    TimeSpan silence,
    TimeProvider time,
    CancellationToken stop
)
{
    /// <summary>Tries of one request that gets no answer.</summary>
    public const int MaxTries = 5;

    /// <summary>Tries of one request that is told to come again: somebody is there.</summary>
    private const int MaxTriesWhenBusy = 60;

    /// <summary>No answer for that long is a dropped connection. The store's slowest write must fit in.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    /// <summary>Whatever a server says: a session that is not heard of is taken for abandoned.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(100);

    private readonly AuthenticationHeaderValue _token = new("Bearer", Convert.ToHexStringLower(ticket.Token.AsSpan()));
    private SilenceWatch? _watch;

    private SilenceWatch Watch => _watch ??= new SilenceWatch(TouchAsync, $"The data plane at {silo.Authority}", silence, time);

    /// <summary>Sends a request until it is answered, and reads the answer, which counts as no answer when it breaks off.</summary>
    /// <param name="operation">One of the protocol's; null asks for the session itself.</param>
    /// <param name="body">Makes the body afresh for every try.</param>
    /// <param name="read">Reads the answer's body.</param>
    /// <param name="cancellation">Ends all tries.</param>
    public async Task<T> CallAsync<T>(
        string? operation,
        Func<HttpContent?> body,
        Func<Stream, CancellationToken, Task<T>> read,
        CancellationToken cancellation
    )
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, stop);
        for (var tries = 1; ; tries++)
        {
            try
            {
                return await Watch.AwaitAsync(cancel => AskAsync(operation, body(), read, cancel), either.Token);
            }
            catch (Exception e) when (IsDropped(e) && !either.IsCancellationRequested)
            {
                await PauseAsync(tries, e, either.Token);
            }
        }
    }

    /// <summary>Waits for more of an answer, as long as the silo shows that it lives.</summary>
    public Task<T> AwaitAsync<T>(Func<CancellationToken, Task<T>> more, CancellationToken cancellation) =>
        Watch.AwaitAsync(more, cancellation);

    /// <summary>Sends a request once and returns its answer, not yet read.</summary>
    public async Task<HttpResponseMessage> SendAsync(string? operation, HttpContent? body, CancellationToken cancellation)
    {
        using var patience = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellation);
        using var request = RequestOf(operation);
        request.Content = body;
        // The token is looked at before megabytes are sent.
        request.Headers.ExpectContinue = operation == DataPlaneProtocol.Chunks;
        try
        {
            var answer = await http.SendAsync(request, either.Token);
            if (answer.IsSuccessStatusCode)
                return answer;
            using (answer)
                throw await ReadRefusalAsync(answer, either.Token);
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested && !cancellation.IsCancellationRequested)
        {
            throw new IOException($"There was no answer within {Patience.TotalMinutes:0} minutes.");
        }
        catch (Exception e) when (OtherReleaseException.Find(e) is { } other)
        {
            throw other.OfClient(silo.Authority);
        }
    }

    /// <summary>Whether nothing was answered, so that the same may be asked again.</summary>
    public static bool IsDropped(Exception exception) =>
        exception
            is HttpRequestException
                or IOException
                or WireFaultException { Fault: WireFault.Truncated }
                or VaultException { Code: ErrorCodes.TooManyRequests };

    /// <summary>Waits before another try, a little longer each time.</summary>
    /// <exception cref="VaultException">There were enough.</exception>
    public async Task PauseAsync(int tries, Exception cause, CancellationToken cancellation)
    {
        var busy = cause as VaultException;
        if (tries >= (busy is null ? MaxTries : MaxTriesWhenBusy))
            throw cause as VaultException
                ?? new VaultException(
                    ErrorCodes.ClusterUnavailable,
                    $"The data plane at {silo.Authority} does not answer: {Innermost(cause).Message}",
                    inner: cause
                );
        var hint = busy is { RetryAfter: var after } && after > TimeSpan.Zero ? after : FirstDelay * (1 << Math.Min(tries - 1, MaxTries));
        await Task.Delay(BusyWait.DelayOf(hint, 0, BusyWait.Chance()), time, cancellation);
    }

    private async Task<T> AskAsync<T>(
        string? operation,
        HttpContent? body,
        Func<Stream, CancellationToken, Task<T>> read,
        CancellationToken cancellation
    )
    {
        using var answer = await SendAsync(operation, body, cancellation);
        await using var stream = await answer.Content.ReadAsStreamAsync(cancellation);
        return await read(stream, cancellation);
    }

    private async Task TouchAsync(CancellationToken cancellation)
    {
        using var request = RequestOf(null);
        using var answer = await http.SendAsync(request, cancellation);
    }

    private HttpRequestMessage RequestOf(string? operation)
    {
        var request = new HttpRequestMessage(
            operation is null ? HttpMethod.Get : HttpMethod.Post,
            new Uri(silo, DataPlaneProtocol.PathOf(ticket.SessionId, direction, operation))
        );
        request.Headers.Authorization = _token;
        return request;
    }

    private static Exception Innermost(Exception exception)
    {
        while (exception.InnerException is { } inner)
            exception = inner;
        return exception;
    }

    private static async Task<VaultException> ReadRefusalAsync(HttpResponseMessage answer, CancellationToken cancellation)
    {
        var document = new byte[DataPlaneProtocol.MaxErrorBytes];
        await using var stream = await answer.Content.ReadAsStreamAsync(cancellation);
        var length = await stream.ReadAtLeastAsync(document, document.Length, throwOnEndOfStream: false, cancellation);
        var refusal = ErrorForm.TryRead(document.AsSpan(0, length)) ?? ErrorForm.Of((int)answer.StatusCode);
        return answer.Headers.RetryAfter?.Delta is { } after && after > TimeSpan.Zero
            ? new VaultException(refusal.Code, refusal.Message, refusal.Recommendation)
            {
                RetryAfter = after < LongestWait ? after : LongestWait,
            }
            : refusal;
    }
}
