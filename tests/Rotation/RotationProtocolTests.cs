using CsCheck;
using RecoveryVault.Tests.Style;
using Xunit.Abstractions;

namespace RecoveryVault.Tests.Rotation;

/// <summary>
/// The protocol, proved over every interleaving of what is taken in at the same time; what it is proved with, tried; and the real records
/// and decisions against it.
/// </summary>
public sealed class RotationProtocolTests(ITestOutputHelper output)
{
    private const RotationParts Items = RotationParts.Creation | RotationParts.Duplicates;

    private static readonly RotationScope Small = new(Items, Generations: 2, Versions: 2, Disabled: 2);

    private static RotationScope ScopeOf(int n) =>
        n switch
        {
            0 => Small,
            1 => Small with { Parts = Items | RotationParts.Jobs | RotationParts.Outages | RotationParts.Deletions },
            2 => new(RotationParts.Assignments | RotationParts.Duplicates, 3, 2, 2),
            3 => new(RotationParts.Creation, 3, 3, 2),
            4 => new(Items, 3, 3, 1),
            5 => new(RotationParts.Duplicates, 3, 3, 2),
            6 => new(RotationParts.Assignments | RotationParts.Jobs, 3, 2, 2),
            _ => new(RotationParts.Creation | RotationParts.Assignments, 3, 2, 1),
        };

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    public void Protocol_Measure(int n)
    {
        var scope = ScopeOf(n);
        var watch = System.Diagnostics.Stopwatch.StartNew();
        var report = new RotationProtocol(scope).Build().Exhaustive(output.WriteLine, maxStates: 3_000_000);
        output.WriteLine($"{scope}: {report.States} states, {report.Transitions} transitions, {watch.ElapsedMilliseconds} ms, closed {report.Closed}");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(5)]
    [InlineData(6)]
    public void Protocol_Conform(int n)
    {
        var scope = ScopeOf(n);
        var watch = System.Diagnostics.Stopwatch.StartNew();
        var report = new RotationProtocol(scope)
            .Build()
            .ConformExhaustive(() => new RealRotation(), (real, step) => real.Take(step, scope), output.WriteLine, maxStates: 200_000, clone: real => real.Clone());
        output.WriteLine($"{scope}: {report.ConformedStates} states, {report.ConformedTransitions} transitions, {watch.ElapsedMilliseconds} ms, closed {report.Closed}");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    public void Protocol_Faults(int n) => new RotationProtocol(ScopeOf(n)).Build().Faults(output.WriteLine);
}
