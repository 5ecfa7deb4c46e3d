using System.Globalization;

namespace RecoveryVault.Tests.Clustering;

/// <summary>A grain with a number that it keeps and a reminder that its silo tells of.</summary>
[Alias("rv.tests.ITickingGrain")]
public interface ITickingGrain : IGrainWithIntegerKey
{
    /// <summary>Registers the reminder, and says on which silo it runs.</summary>
    [Alias("Start")]
    Task<string> StartAsync();

    /// <summary>The number of calls of this so far, whichever silo answered them.</summary>
    [Alias("Count")]
    Task<int> CountAsync();
}

/// <summary>What it keeps.</summary>
[GenerateSerializer, Alias("rv.tests.TickingState")]
public sealed class TickingState
{
    [Id(0)]
    public int Count { get; set; }
}

public sealed class TickingGrain([PersistentState("ticking")] IPersistentState<TickingState> state, ILocalSiloDetails silo)
    : Grain,
        ITickingGrain,
        IRemindable
{
    public async Task<string> StartAsync()
    {
        await this.RegisterOrUpdateReminder("tick", TimeSpan.FromMilliseconds(300), TimeSpan.FromMilliseconds(500));
        return silo.SiloAddress.ToParsableString();
    }

    public async Task<int> CountAsync()
    {
        state.State.Count++;
        await state.WriteStateAsync();
        return state.State.Count;
    }

    public Task ReceiveReminder(string reminderName, TickStatus status) =>
        Console.Out.WriteLineAsync($"tick {this.GetPrimaryKeyLong().ToString(CultureInfo.InvariantCulture)}");
}
