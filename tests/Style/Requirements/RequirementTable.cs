using System.Globalization;
using System.Reflection;
using System.Text;

namespace RecoveryVault.Tests.Style.Requirements;

/// <summary>The table of requirements and of the tests that bear their ids, as ARCHITECTURE.md has it.</summary>
internal static class RequirementTable
{
    public const string Document = "ARCHITECTURE.md";
    public const string Trait = "Requirement";
    private const string Begin = "<!-- requirements: written by tests/Style/Requirements -->";
    private const string End = "<!-- end of requirements -->";

    /// <summary>The tests by the requirement they prove, as <c>Folder/Class.Method</c>.</summary>
    public static ILookup<string, string> Proofs { get; } =
        typeof(RequirementTable)
            .Assembly.GetTypes()
            .SelectMany(type =>
                type.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly)
            )
            .SelectMany(method => RequirementsOf(method).Select(id => (Id: id, Test: NameOf(method))))
            .Distinct()
            .OrderBy(proof => proof.Test, StringComparer.Ordinal)
            .ToLookup(proof => proof.Id, proof => proof.Test);

    private static IEnumerable<string> RequirementsOf(MemberInfo member) =>
        from data in member.GetCustomAttributesData()
        where data.AttributeType == typeof(TraitAttribute)
        where data.ConstructorArguments is [{ Value: Trait }, _]
        select data.ConstructorArguments[1].Value as string ?? "";

    private static string NameOf(MethodInfo method)
    {
        var type = method.DeclaringType ?? typeof(object);
        var folder = (type.Namespace ?? "").Replace("RecoveryVault.Tests", "", StringComparison.Ordinal).TrimStart('.').Replace('.', '/');
        return $"{folder}/{type.Name}.{method.Name}";
    }

    public static string StateOf(Requirement requirement) =>
        (Proofs[requirement.Id].Any(), requirement.Open) switch
        {
            (true, null) => "proven",
            (true, _) => "partly",
            _ => "not built",
        };

    public static string Render()
    {
        var counts = RequirementList
            .All.CountBy(StateOf)
            .OrderBy(c =>
                c.Key == "proven" ? 0
                : c.Key == "partly" ? 1
                : 2
            );
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{RequirementList.All.Count} requirements: ")
            .AppendJoin(", ", counts.Select(c => $"{c.Value} {c.Key}"))
            .Append(".\n\n| id | what holds | state | proven by |\n|---|---|---|---|\n");
        foreach (var requirement in RequirementList.All)
        {
            var state = requirement.Open is { } open ? $"{StateOf(requirement)}: {open}" : StateOf(requirement);
            var tests = string.Join("<br>", Proofs[requirement.Id].Select(test => $"`{test}`"));
            text.Append(CultureInfo.InvariantCulture, $"| {requirement.Id} | {requirement.Statement} | {state} | {tests} |\n");
        }
        return text.ToString();
    }

    /// <summary>The document with the table as it should be; what stands around it is kept.</summary>
    public static string Place(string document)
    {
        var (begin, end) = (document.IndexOf(Begin, StringComparison.Ordinal), document.IndexOf(End, StringComparison.Ordinal));
        Assert.True(begin >= 0 && end > begin, $"{Document} has lost its marks '{Begin}' and '{End}'.");
        return $"{document[..(begin + Begin.Length)]}\n\n{Render()}\n{document[end..]}";
    }
}
