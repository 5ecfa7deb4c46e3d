using System.Text.RegularExpressions;
using RecoveryVault.Errors;

namespace RecoveryVault.Items;

/// <summary>What Azure Backup protects and this vault does not, by what people who know it would name.</summary>
public static partial class Workloads
{
    /// <summary>Agents that encrypt with a passphrase of their own.</summary>
    public const string Agents = "MAB";

    /// <summary>The refusal of a workload; null when a source of files is meant.</summary>
    /// <param name="workload">A backup management type, or the id of a resource in Azure; null: a source of files.</param>
    /// <param name="isCustomerManaged">R60 and R61: with a customer's key some have a code of their own.</param>
    public static VaultException? RefusalOf(string? workload, bool isCustomerManaged)
    {
        if (workload is null)
            return null;
        if (workload.Length > MaxLength || workload.Any(char.IsControl))
            return new(ErrorCodes.InvalidRequest, $"A workload is named by at most {MaxLength} printable characters.");
        if (workload.Equals(Agents, StringComparison.OrdinalIgnoreCase))
            return isCustomerManaged
                ? new(
                    ErrorCodes.UserErrorCMKMarsNotSupported,
                    "An agent with a passphrase of its own (MAB) cannot back up to a vault with a customer-managed key."
                )
                : Unsupported("Agents with a passphrase of their own (MAB)");
        if (TypeOf(workload) is not { } type)
            return Unsupported($"'{workload}'");
        return isCustomerManaged && type.Equals(ClassicMachines, StringComparison.OrdinalIgnoreCase)
            ? new(
                ErrorCodes.UserErrorCMKClassicVmNotSupported,
                $"{workload} is a machine of the classic deployment model: it cannot be protected in a vault with a customer-managed key."
            )
            : Unsupported($"Resources of type {type}");
    }

    /// <summary>Whether a source is the id of a resource in Azure, and no path of a machine.</summary>
    public static bool IsResourceId(string source) => TypeOf(source) is not null;

    private const int MaxLength = 512;

    private const string ClassicMachines = "Microsoft.ClassicCompute/virtualMachines";

    private static string? TypeOf(string workload) => ResourceId().Match(workload) is { Success: true } id ? id.Groups["type"].Value : null;

    private static VaultException Unsupported(string what) =>
        new(ErrorCodes.WorkloadNotSupported, $"{what} cannot be protected here: an item is a directory, a file, a device or a stream.");

    [GeneratedRegex(
        @"\A/subscriptions/[^/]+(/resourceGroups/[^/]+)?/providers/(?<type>[^/]+\.[^/]+/[^/]+)/[^/]+(/.*)?\z",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant
    )]
    private static partial Regex ResourceId();
}
