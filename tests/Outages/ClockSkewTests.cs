using System.Runtime.Versioning;
using RecoveryVault.Tests.Cli;
using RecoveryVault.Tests.Processes;
using RecoveryVault.Tests.Serving;
using RecoveryVault.Tests.Style;

namespace RecoveryVault.Tests.Outages;

/// <summary>Silos as processes whose clocks are minutes apart. Only where more than the least is asked for.</summary>
[Collection(CommandLineCollection.Name)]
[UnsupportedOSPlatform("windows")]
public sealed class ClockSkewTests : IDisposable
{
    private const string Shim = """
        #define _GNU_SOURCE
        #include <dlfcn.h>
        #include <stdlib.h>
        #include <time.h>
        int clock_gettime(clockid_t clock, struct timespec *t) {
          int (*real)(clockid_t, struct timespec *) = dlsym(RTLD_NEXT, "clock_gettime");
          int result = real(clock, t);
          if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) t->tv_sec += atol(getenv("SKEW_SECONDS"));
          return result;
        }
        """;

    private static readonly TimeSpan LookOn = TimeSpan.FromSeconds(5);

    private readonly SiloPlace _place = new();

    public void Dispose() => _place.Dispose();

    [CompilerFact]
    public async Task Cluster_ClocksTenMinutesApart_TakesEverySiloInAndEachSaysSoInOneLine()
    {
        if (TestScale.Factor < 3)
            return;
        await File.WriteAllTextAsync(_place["shim.c"], Shim);
        Assert.True(ChildProcess.Succeeds("gcc", "-shared", "-fPIC", "-o", _place["shim.so"], _place["shim.c"], "-ldl"));
        await _place.CreateStoreAsync();
        await using var right = _place.Start();
        await SiloPlace.ReadyAsync(right);
        await using var behind = _place.Start($"LD_PRELOAD={_place["shim.so"]}", "SKEW_SECONDS=-600");
        await SiloPlace.ReadyAsync(behind);
        await using var ahead = _place.Start($"LD_PRELOAD={_place["shim.so"]}", "SKEW_SECONDS=600");
        await SiloPlace.ReadyAsync(ahead);

        await Task.Delay(LookOn, TimeProvider.System);

        Assert.All([right, behind, ahead], silo => Assert.False(silo.HasEnded, silo.Errors));
        Assert.Single(LinesOf(behind), line => line.Contains("behind the store's", StringComparison.Ordinal));
        Assert.Single(LinesOf(ahead), line => line.Contains("ahead of the store's", StringComparison.Ordinal));
        Assert.DoesNotContain("the store's: set it right", right.Errors, StringComparison.Ordinal);
    }

    private static string[] LinesOf(ChildProcess silo) => silo.Errors.Split('\n');
}

/// <summary>A test that needs a C compiler, and is skipped without one.</summary>
public sealed class CompilerFactAttribute : FactAttribute
{
    public CompilerFactAttribute() => Skip = ChildProcess.Succeeds("gcc", "--version") ? null : "Needs gcc.";
}
