using System.Text.Json;
using CsCheck;
using RecoveryVault.Tests.Format;
using RecoveryVault.Tests.Style;
using RecoveryVault.Tests.Tampering;
using Xunit.Abstractions;

namespace RecoveryVault.Tests.Fuzzing;

/// <summary>
/// Mutated valid inputs of every parser: read or refused, in bounded time, and with no more memory than what is there warrants.
/// </summary>
public sealed class FuzzTests(ITestOutputHelper output)
{
    private const int Inputs = 2000;
    private const long MaxAllocatedBytes = 16 << 20;
    private static readonly TimeSpan MaxDuration = TimeSpan.FromSeconds(5);

    public static TheoryData<string> Names => [.. FuzzTargets.All.Select(target => target.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Parse_MutatedInput_IsReadOrRefused(string name)
    {
        var target = Find(name);
        var count = TestScale.Iterations(name == "command-line" ? Inputs / 20 : Inputs);
        // What is made once is not what an input costs.
        Assert.All(target.Seeds, seed => Assert.True(target.Run(seed), $"{name} does not read its own seed."));
        Gen.Select(Gen.Int[0, target.Seeds.Count - 1], Mutation.Gen.Array[1, 4], Gen.Int[0, int.MaxValue], Gen.Bool)
            .Sample(
                input =>
                {
                    var (seed, mutations, edit, isEdit) = input;
                    RunBounded(target, isEdit ? Edit(target.Seeds[seed], edit) : Mutation.Apply(target.Seeds[seed], mutations));
                },
                iter: count,
                threads: 1
            );
        output.WriteLine($"{count} inputs of {name}");
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Parse_NothingOrNoise_IsReadOrRefused(string name)
    {
        var target = Find(name);
        RunBounded(target, []);
        Gen.Byte.Array[0, 300].Sample(input => RunBounded(target, input), iter: TestScale.Iterations(200), threads: 1);
    }

    /// <summary>Of JSON a node; of two inputs, the end of one behind the beginning of the other.</summary>
    private static byte[] Edit(byte[] seed, int edit)
    {
        var dice = new Dice((ulong)edit);
        try
        {
            return TamperedBytes.EditJson(seed, dice);
        }
        catch (JsonException)
        {
            return [.. seed[..dice.Next(seed.Length + 1)], .. seed[dice.Next(seed.Length + 1)..]];
        }
    }

    private static void RunBounded(FuzzTarget target, byte[] input)
    {
        var (allocated, started) = (GC.GetAllocatedBytesForCurrentThread(), TimeProvider.System.GetTimestamp());
        target.Run(input);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - allocated, 0, MaxAllocatedBytes);
        Assert.InRange(TimeProvider.System.GetElapsedTime(started), TimeSpan.Zero, MaxDuration);
    }

    private static FuzzTarget Find(string name) => FuzzTargets.All.Single(target => target.Name == name);
}
