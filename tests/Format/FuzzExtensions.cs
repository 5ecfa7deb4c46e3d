using CsCheck;
using RecoveryVault.Tests.Style;

namespace RecoveryVault.Tests.Format;

/// <summary>Samples of hostile bytes: whatever a parser says of one, it takes no more than 64 MiB in all to say it.</summary>
internal static class FuzzExtensions
{
    private const long MaxAllocatedBytes = 64 << 20;

    public static void Fuzz<T>(this Gen<T> inputs, Action<T> parse, long count) =>
        inputs.Sample(
            input =>
            {
                var before = GC.GetAllocatedBytesForCurrentThread();
                parse(input);
                Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, MaxAllocatedBytes);
            },
            iter: TestScale.Iterations(count)
        );

    /// <summary>For a parser that is asynchronous by its signature only, so that all of it runs on one thread.</summary>
    public static Task FuzzAsync<T>(this Gen<T> inputs, Func<T, Task> parse, long count) =>
        inputs.SampleAsync(
            async input =>
            {
                var before = GC.GetAllocatedBytesForCurrentThread();
                await parse(input);
                Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, MaxAllocatedBytes);
            },
            iter: TestScale.Iterations(count)
        );
}
