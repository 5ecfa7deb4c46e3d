using System.Collections.Concurrent;

namespace RecoveryVault.Tests.Rotation.Scale;

/// <summary>What the simulation counts.</summary>
internal sealed class SimulationFigures
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, List<(TimeSpan At, int Units)>> _requests = [];
    private readonly Dictionary<string, int> _calls = [];
    private readonly List<TimeSpan> _polls = [];
    private readonly ConcurrentDictionary<string, TimeSpan> _longest = [];
    private long _withheld;

    /// <summary>Requests that reached a key vault.</summary>
    public long Requests => _requests.Values.Sum(r => (long)r.Count);

    /// <summary>Calls refused without asking.</summary>
    public long Withheld => _withheld;

    public IReadOnlyDictionary<string, int> Calls => _calls;

    public void Request(string host, string call, int units, TimeSpan at)
    {
        lock (_gate)
        {
            if (!_requests.TryGetValue(host, out var requests))
                _requests[host] = requests = [];
            requests.Add((at, units));
            _calls[call] = _calls.GetValueOrDefault(call) + 1;
            if (call == "list")
                _polls.Add(at);
        }
    }

    public void NoteWithheld() => Interlocked.Increment(ref _withheld);

    public void NoteCall(string method, TimeSpan took) => _longest.AddOrUpdate(method, took, (_, known) => took > known ? took : known);

    /// <summary>The grain call that took longest.</summary>
    public (string Method, TimeSpan Took) Longest => _longest.MaxBy(call => call.Value) is var (method, took) ? (method, took) : default;

    /// <summary>The most units that one key vault was asked for within any ten seconds.</summary>
    public int MostUnits(TimeSpan window)
    {
        var most = 0;
        foreach (var requests in _requests.Values)
        {
            var (units, first) = (0, 0);
            foreach (var (at, weight) in requests)
            {
                for (units += weight; requests[first].At <= at - window; first++)
                    units -= requests[first].Units;
                most = Math.Max(most, units);
            }
        }
        return most;
    }

    /// <summary>Polls in the fullest second, and in the mean one.</summary>
    public (int Most, double Mean) PollsPerSecond(TimeSpan time)
    {
        var fullest = _polls.GroupBy(at => (long)at.TotalSeconds).Select(second => second.Count()).DefaultIfEmpty().Max();
        return (fullest, _polls.Count / time.TotalSeconds);
    }

    public int Polls => _polls.Count;
}
