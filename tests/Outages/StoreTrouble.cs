using RecoveryVault.Tests.Storage.Azure;

namespace RecoveryVault.Tests.Outages;

/// <summary>What befalls the store for a while, whoever asks it.</summary>
internal sealed record StoreTrouble(string Name, TimeSpan Length)
{
    /// <summary>What the proxy answers by itself.</summary>
    public int Status { get; init; } = 500;

    /// <summary>The service's own code for it; null: no answer of the service.</summary>
    public string? Code { get; init; }

    /// <summary>Which request in how many, counted from one; 1: all.</summary>
    public int OneIn { get; init; } = 1;

    public Trouble Trouble { get; init; } = Trouble.AnsweredInstead;

    /// <summary>The service itself is stopped.</summary>
    public bool Stops { get; init; }

    public static IReadOnlyList<StoreTrouble> All { get; } =
    [
        new("stopped", TimeSpan.FromSeconds(8)) { Stops = true, Trouble = Trouble.None },
        new("busy", TimeSpan.FromSeconds(4)) { Status = 503, Code = "ServerBusy" },
        new("failing", TimeSpan.FromSeconds(4)) { OneIn = 3 },
        new("conflicts that are none", TimeSpan.FromSeconds(4))
        {
            Status = 409,
            OneIn = 4,
            Trouble = Trouble.AnsweredAfter,
        },
        new("conditions that were met", TimeSpan.FromSeconds(4))
        {
            Status = 412,
            Code = "ConditionNotMet",
            OneIn = 4,
            Trouble = Trouble.AnsweredAfter,
        },
        new("lost answers", TimeSpan.FromSeconds(4)) { OneIn = 3, Trouble = Trouble.CutAfter },
        new("slow", TimeSpan.FromSeconds(4)) { Trouble = Trouble.Late },
    ];

    public Func<SeenRequest, Trouble> NewRule()
    {
        var count = 0;
        return request => request.Method != "HEAD" && Interlocked.Increment(ref count) % OneIn == 0 ? Trouble : Trouble.None;
    }
}
