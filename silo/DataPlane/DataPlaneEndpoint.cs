using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using RecoveryVault.DataPath;
using RecoveryVault.DataPath.Wire;
using RecoveryVault.Errors;

namespace RecoveryVault.DataPlane;

/// <summary>
/// Answers the requests of a data plane: first the route, then the token, then the number of requests under way, and only then the body.
/// </summary>
internal sealed partial class DataPlaneEndpoint(IDataPlane sessions, DataPlaneLimits limits, ILogger<DataPlaneEndpoint> log)
{
    private readonly SessionRequests _requests = new(new TrafficBudget(limits.TrafficBytes));
    private volatile bool _isDraining;

    /// <summary>What session tickets name as this silo.</summary>
    public string Address { get; set; } = "";

    public void Drain() => _isDraining = true;

    public async Task HandleAsync(HttpContext context)
    {
        try
        {
            if (_isDraining)
                throw new VaultException(ErrorCodes.ClusterUnavailable, "The server is stopping.");
            var route = DataPlaneRoute.Parse(context.Request);
            var ticket = new SessionTicket(route.SessionId, Address, route.Token);
            // No session may be found to exist by asking with a wrong token, so every refusal of a ticket is the same.
            await AnswerAsync(context, route, ticket);
        }
        catch (Exception e)
        {
            await RefuseAsync(context, e);
        }
    }

    private async Task AnswerAsync(HttpContext context, DataPlaneRoute route, SessionTicket ticket)
    {
        var cancellation = context.RequestAborted;
        if (route.Direction == DataPlaneProtocol.Backup)
        {
            var channel = await sessions.OpenBackupAsync(ticket, cancellation);
            using var place = _requests.Enter(route.SessionId, limits.ClientOf(ticket));
            if (route.Operation == DataPlaneProtocol.Chunks)
                await place.EnterBodyAsync(cancellation);
            await new BackupRequest(context, channel).AnswerAsync(route.Operation);
        }
        else
        {
            var channel = await sessions.OpenRestoreAsync(ticket, cancellation);
            using var place = _requests.Enter(route.SessionId, limits.ClientOf(ticket));
            await new RestoreRequest(context, channel, place).AnswerAsync(route.Operation);
        }
    }

    private async Task RefuseAsync(HttpContext context, Exception exception)
    {
        if (context.RequestAborted.IsCancellationRequested)
            return;
        var refusal = RefusalOf(exception);
        if (context.Response.HasStarted)
        {
            // The answer is cut off: its reader misses the last frame and asks again.
            context.Abort();
            return;
        }
        var document = ErrorForm.Write(refusal);
        context.Response.Clear();
        context.Response.StatusCode = ErrorForm.StatusOf(refusal.Code);
        if (refusal.RetryAfter > TimeSpan.Zero)
            context.Response.Headers.RetryAfter = $"{Math.Ceiling(refusal.RetryAfter.TotalSeconds):0}";
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = document.Length;
        await context.Response.Body.WriteAsync(document, context.RequestAborted);
    }

    /// <summary>What a client is told of a failure; of faults of the program nothing but that there was one.</summary>
    private VaultException RefusalOf(Exception exception)
    {
        switch (exception)
        {
            case WireFaultException { Fault: WireFault.TooLarge }:
            case BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge }:
                return new VaultException(ErrorCodes.RequestTooLarge, exception.Message);
            case WireFaultException or BadHttpRequestException:
                return new VaultException(ErrorCodes.InvalidRequest, exception.Message);
            case ObjectDisposedException:
                return new VaultException(ErrorCodes.SessionLost, "The session ended while it was used.");
        }
        if (Refusals.Find(exception) is { } refusal)
            return refusal;
        LogFault(log, exception);
        return new VaultException("InternalError", "The server failed.", "Its log has the reason: report it.");
    }

    [LoggerMessage(1001, LogLevel.Error, "A request of the data plane failed.")]
    private static partial void LogFault(ILogger log, Exception exception);
}
