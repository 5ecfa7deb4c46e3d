using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Storage;
using RecoveryVault.Records;
using RecoveryVault.Storage;

namespace RecoveryVault.Tests.Upgrade;

/// <summary>
/// What makes a silo one of a later release: its grains' records have members that this release has never heard of. It watches that none of
/// them was lost when it reads what others have written since.
/// </summary>
internal sealed class LaterSilo : IGrainStorageSerializer
{
    private static readonly RecordSerializer Plain = new();
    private static readonly ConcurrentDictionary<string, bool> Written = [];

    /// <summary>Records of its own that came back without what it had put there.</summary>
    public static ConcurrentBag<string> Lost { get; } = [];

    /// <summary>How often a record came back whole.</summary>
    public static int Kept => _kept;

    private static int _kept;

    public static void Use(ISiloBuilder silo) =>
        silo.Services.Configure<BlobGrainStorageOptions>(GrainRecords.Provider, o => o.GrainStorageSerializer = new LaterSilo());

    public BinaryData Serialize<T>(T? input)
    {
        var json = (JsonObject)JsonNode.Parse(Plain.Serialize(input))!;
        foreach (var part in OwnParts(json))
            LaterMembers.AddTo(part);
        Written[KeyOf(json)] = true;
        return BinaryData.FromString(json.ToJsonString());
    }

    public T? Deserialize<T>(BinaryData input)
    {
        var json = (JsonObject)JsonNode.Parse(input)!;
        if (Written.ContainsKey(KeyOf(json)))
        {
            if (LaterMembers.AreIn(json))
                Interlocked.Increment(ref _kept);
            else
                Lost.Add(KeyOf(json));
        }
        return Plain.Deserialize<T>(input);
    }

    /// <summary>The parts that no authenticated record repeats: of those that are repeated the test makes a later release's by hand.</summary>
    private static IEnumerable<JsonObject> OwnParts(JsonObject record) =>
        new[] { record, record["slot"], record["health"] }.OfType<JsonObject>();

    private static string KeyOf(JsonObject record) => $"{record["vaultId"] ?? record["key"]}";
}
