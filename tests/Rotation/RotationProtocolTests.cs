using CsCheck;
using RecoveryVault.Tests.Style;
using Xunit.Abstractions;

namespace RecoveryVault.Tests.Rotation;

/// <summary>
/// The protocol, proved over every interleaving of what is taken in at the same time; what it is proved with, tried; and the real records
/// and decisions against it.
/// </summary>
[Trait("Requirement", "R56")]
public sealed class RotationProtocolTests(ITestOutputHelper output)
{
    private const RotationParts Items = RotationParts.Creation | RotationParts.Duplicates;
    private const RotationParts Targets = RotationParts.Duplicates | RotationParts.Deletions | RotationParts.Outages;

    /// <summary>An item is created and another backed up while two activations take the vault to its second version.</summary>
    private static readonly RotationScope OfItems = new(Items | RotationParts.Jobs, Generations: 2, Versions: 2);

    private static readonly RotationScope OneByOne = OfItems with { Parts = RotationParts.Creation | RotationParts.Jobs };

    /// <summary>Three versions, of which two may be disabled: rotations one after the other, targets replaced, outages.</summary>
    private static readonly RotationScope OfTargets = new(Targets);

    /// <summary>Users go back to an older version, to another key vault, from pinned to followed.</summary>
    private static readonly RotationScope OfAssignments = new(RotationParts.Assignments, Versions: 2);

    private static readonly RotationScope[] Scopes = [OfItems, OfTargets, OfAssignments];

    private static readonly RotationScope[] WideScopes =
    [
        OfItems with
        {
            Parts = Items | RotationParts.Jobs | Targets,
        },
        OfAssignments with
        {
            Parts = RotationParts.Assignments | RotationParts.Duplicates,
        },
        new(RotationParts.Creation),
    ];

    private static readonly RotationScope WidestScope = new(Items, Disabled: 1);

    [Fact]
    public void Protocol_EveryInterleaving_KeepsItsPromises()
    {
        RotationScope[] scopes =
        [
            .. Scopes,
            .. TestScale.Factor >= 3 ? WideScopes : [],
            .. TestScale.Factor >= 10 ? (RotationScope[])[WidestScope] : [],
        ];
        var (states, transitions, neverFired) = (0L, 0L, new HashSet<string>());
        foreach (var scope in scopes)
        {
            var report = new RotationProtocol(scope).Build().Exhaustive();
            output.WriteLine($"{scope}: {report.States} states, {report.Transitions} transitions, {report.Depth} steps deep");
            Assert.True(report.Closed, report.ToString());
            (states, transitions) = (states + report.States, transitions + report.Transitions);
            // Each of its own kind alone: what a scope leaves out, another has.
            var names = report.NeverFired.Select(name => name.Split('(')[0]);
            if (scope == OfItems)
                neverFired.UnionWith(names);
            else if (scope == OfTargets)
                neverFired.IntersectWith(names);
        }
        output.WriteLine($"rotation protocol: {states} states, {transitions} transitions of {scopes.Length} models");
        Assert.Empty(neverFired);
        Assert.InRange(states, TestScale.Factor >= 3 ? 250_000 : 50_000, 5_000_000);
    }

    [Fact]
    public void Protocol_EveryFault_IsCaught()
    {
        SortedDictionary<string, string> caught = new(StringComparer.Ordinal);
        foreach (var scope in (RotationScope[])[OneByOne, OfTargets, OfAssignments])
        {
            var report = new RotationProtocol(scope).Build().Faults();
            Assert.Empty(report.Uncaught);
            Assert.Empty(report.Inconclusive);
            foreach (var fault in report.Results)
                caught[fault.Fault] = report.CaughtBy(fault.Fault) ?? "";
        }
        foreach (var (fault, requirement) in caught)
            output.WriteLine($"{requirement}: {fault}");
        output.WriteLine($"rotation protocol: {caught.Count} faults, all caught, by {caught.Values.Distinct().Count()} requirements");
        Assert.Equal(33, caught.Count);
        Assert.DoesNotContain("", caught.Values);
    }

    [Fact]
    [Trait("Requirement", "R52")]
    [Trait("Requirement", "R53")]
    [Trait("Requirement", "R54")]
    public void Record_EveryTransition_DoesWhatTheProtocolSays()
    {
        RotationScope[] scopes =
        [
            OneByOne with
            {
                Parts = RotationParts.Creation,
            },
            new(RotationParts.Duplicates),
            OfAssignments,
            .. TestScale.Factor >= 3 ? (RotationScope[])[OneByOne, OfItems with { Parts = Items }, WideScopes[1]] : [],
            .. TestScale.Factor >= 10 ? (RotationScope[])[OfItems, OfTargets, WideScopes[2]] : [],
        ];
        var (states, transitions) = (0L, 0L);
        foreach (var scope in scopes)
        {
            var report = new RotationProtocol(scope)
                .Build()
                .ConformExhaustive(() => new RealRotation(), (real, step) => real.Take(step, scope), clone: real => real.Clone());
            output.WriteLine($"{scope}: {report.ConformedStates} states, {report.ConformedTransitions} transitions");
            Assert.True(report.Closed, report.ToString());
            Assert.Equal((report.States, report.Transitions), (report.ConformedStates, report.ConformedTransitions));
            (states, transitions) = (states + report.ConformedStates, transitions + report.ConformedTransitions);
        }
        output.WriteLine($"rotation protocol: the real records conform in {states} states, {transitions} transitions");
        Assert.InRange(states, 5_000, 5_000_000);
    }
}
