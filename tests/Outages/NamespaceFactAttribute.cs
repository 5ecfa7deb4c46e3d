using RecoveryVault.Tests.DevKeyVault;
using RecoveryVault.Tests.Processes;

namespace RecoveryVault.Tests.Outages;

/// <summary>A test that gives processes networks of their own; skipped where this user may not make any, as in most containers.</summary>
public sealed class NamespaceFactAttribute : FactAttribute
{
    /// <summary>Makes one, and enters it from outside as silos do.</summary>
    private const string Attempt =
        "unshare -Urn sh -c 'ip link set lo up && echo $$ && exec sleep 10' | "
        + "{ read id && nsenter -t $id -U -n --preserve-credentials true; code=$?; kill $id; exit $code; }";

    private static readonly Lazy<bool> CanMake = new(() => ChildProcess.Succeeds("sh", "-c", Attempt));

    public NamespaceFactAttribute(params string[] tools) =>
        Skip =
            ToolsFactAttribute.ReasonToSkip(tools)
            ?? (CanMake.Value ? null : "Networks of their own cannot be made here (unshare -Urn, ip, nsenter).");
}
