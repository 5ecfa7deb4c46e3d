using System.Collections.Concurrent;
using System.Reflection;
using RecoveryVault.Errors;

namespace RecoveryVault.Access;

/// <summary>
/// Default deny for every grain call of the silo: a client may call only methods that carry <see cref="RequiresAttribute"/> and only with
/// that role; interfaces of ours marked <see cref="GrainsOnlyAttribute"/> and everything of Orleans itself are for silos.
/// </summary>
/// <remarks>
/// Inside a silo, Orleans' own services and the embedded command line both call as that silo's hosted client. Orleans' services are told by
/// calling Orleans' interfaces. What a call says of who sent it is the sender's word: a gateway lets in only who proves the cluster's
/// secret, and whoever has that is trusted like a silo. So this keeps mistakes out, not somebody who knows the secret.
/// </remarks>
public sealed class AccessFilter(VerifiedClient client, IEnumerable<OpenContract> open) : IIncomingGrainCallFilter
{
    private readonly ConcurrentDictionary<MethodInfo, RequiresAttribute?> _requirements = new();
    private readonly HashSet<string> _open = [.. open.Select(o => o.InterfaceName)];

    public async Task Invoke(IIncomingGrainCallContext context)
    {
        if (IsFromClient(context) && !IsOfRuntime(context))
        {
            Authorize(context.InterfaceMethod);
            Caller.Set(client.Name, context.SourceId?.ToString());
        }
        await context.Invoke();
    }

    private static bool IsFromClient(IIncomingGrainCallContext context) => context.SourceId is not { } source || source.IsClient();

    private bool IsOfRuntime(IIncomingGrainCallContext context)
    {
        if (context.InterfaceMethod.DeclaringType is not { } contract)
            return false;
        var isHosted =
            context.SourceId is { } source && source.Key.ToString() is { } name && name.StartsWith("hosted-", StringComparison.Ordinal);
        var isOrleans = contract.Assembly.GetName().Name?.StartsWith("Orleans.", StringComparison.Ordinal) == true;
        return isOrleans && (isHosted || _open.Contains(contract.Name));
    }

    private void Authorize(MethodInfo method)
    {
        var required = _requirements.GetOrAdd(method, static m => m.GetCustomAttribute<RequiresAttribute>());
        if (required is null || client.Role < required.Role || client.Role == VaultRole.None)
        {
            throw new VaultException(
                ErrorCodes.AccessDenied,
                required is null
                    ? $"{method.DeclaringType?.Name}.{method.Name} is not open to clients."
                    : $"{client.Name} has the role {client.Role}; {method.Name} needs {required.Role}."
            );
        }
    }
}

/// <summary>A contract of Orleans' own that clients may call.</summary>
/// <param name="InterfaceName">The interface's name without namespace; Orleans keeps such contracts internal.</param>
public sealed record OpenContract(string InterfaceName)
{
    /// <summary>Tells which grain types and interfaces the cluster has: the one contract every client must call.</summary>
    public static OpenContract ClusterManifest { get; } = new("IClusterManifestSystemTarget");
}
