using System.Collections.Concurrent;
using Orleans.Serialization;

namespace RecoveryVault.Tests.Cluster;

/// <summary>The longest request and answer of each method, in bytes as sent.</summary>
public sealed class MessageSizes
{
    private readonly ConcurrentDictionary<string, int> _longest = new();

    public IReadOnlyDictionary<string, int> Longest => _longest;

    public void Note(string message, int bytes) => _longest.AddOrUpdate(message, bytes, (_, known) => Math.Max(known, bytes));
}

/// <summary>Measures every call of a test cluster, from clients and between grains: one that is too long fails.</summary>
internal sealed class MessageSizeFilter(Serializer serializer, MessageSizes sizes) : IIncomingGrainCallFilter
{
    public async Task Invoke(IIncomingGrainCallContext context)
    {
        var isOurs = context.InterfaceMethod.DeclaringType?.Namespace?.StartsWith("RecoveryVault", StringComparison.Ordinal) == true;
        if (!isOurs)
        {
            await context.Invoke();
            return;
        }
        var method = $"{context.InterfaceMethod.DeclaringType?.Name}.{context.InterfaceMethod.Name}";
        Measure($"{method} request", Enumerable.Range(0, context.Request.GetArgumentCount()).Select(context.Request.GetArgument));
        await context.Invoke();
        Measure($"{method} answer", [context.Result]);
    }

    private void Measure(string message, IEnumerable<object?> content)
    {
        var bytes = content.Sum(part => part is null or CancellationToken ? 0 : serializer.SerializeToArray<object>(part).Length);
        sizes.Note(message, bytes);
        if (bytes > MessageLimits.MaxBytes)
            throw new InvalidOperationException($"{message} has {bytes} bytes; a message has at most {MessageLimits.MaxBytes}.");
    }
}
