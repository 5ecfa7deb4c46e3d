using RecoveryVault.Tests.DevKeyVault;
using RecoveryVault.Tests.Processes;

namespace RecoveryVault.Tests.Outages;

/// <summary>A test that gives processes networks of their own; skipped where this user may not make any, as in most containers.</summary>
public sealed class NamespaceFactAttribute : FactAttribute
{
    private static readonly Lazy<bool> CanMake = new(() =>
        ChildProcess.Succeeds("unshare", "-Urn", "sh", "-c", "ip link set lo up && nsenter -t $$ -U -n --preserve-credentials true")
    );

    public NamespaceFactAttribute(params string[] tools) =>
        Skip =
            ToolsFactAttribute.ReasonToSkip(tools)
            ?? (CanMake.Value ? null : "Networks of their own cannot be made here (unshare -Urn, ip, nsenter).");
}
