using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Orleans.Serialization.Serializers;
using Orleans.Storage;
using RecoveryVault.Storage;

namespace RecoveryVault.Tests.Records;

/// <summary>A record that keeps every mark once, as operations with an id do.</summary>
internal sealed record Tally
{
    public ImmutableSortedSet<int> Marks
    {
        get => field ?? [];
        init;
    }

    /// <summary>The same record when the mark is there: the change was made already.</summary>
    public static Tally Mark(Tally? current, int mark) =>
        (current ?? new()).Marks.Contains(mark) ? current! : new() { Marks = (current ?? new()).Marks.Add(mark) };
}

/// <summary>Grain storage on a blob store with plain JSON, without a silo.</summary>
internal static class StorageSamples
{
    public static readonly GrainId TallyGrain = GrainId.Parse("tally/1");

    public const string TallyBlob = "grainstate/record-tally/1.json";

    public static BlobGrainStorage Open(IBlobStore store, bool deleteOnClear = true, IGrainStorageSerializer? serializer = null) =>
        new(
            store,
            new BlobGrainStorageOptions { GrainStorageSerializer = serializer ?? new Json(), DeleteStateOnClear = deleteOnClear },
            new Activators()
        );

    /// <summary>As Orleans makes a state that was never written: nothing set.</summary>
    public static T Fresh<T>() => (T)RuntimeHelpers.GetUninitializedObject(typeof(T));

    private sealed class Json : IGrainStorageSerializer
    {
        public BinaryData Serialize<T>(T? input) => BinaryData.FromBytes(JsonSerializer.SerializeToUtf8Bytes(input));

        public T? Deserialize<T>(BinaryData input) => JsonSerializer.Deserialize<T>(input.ToMemory().Span);
    }

    private sealed class Activators : IActivatorProvider
    {
        public Orleans.Serialization.Activators.IActivator<T> GetActivator<T>() => new Activator<T>();
    }

    private sealed class Activator<T> : Orleans.Serialization.Activators.IActivator<T>
    {
        public T Create() => Fresh<T>();
    }
}
