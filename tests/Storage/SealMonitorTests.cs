using System.Buffers;
using RecoveryVault.Storage;
using RecoveryVault.Tests.Format;

namespace RecoveryVault.Tests.Storage;

/// <summary>That the watch over keys and nonces would see what it is there for.</summary>
public sealed class SealMonitorTests
{
    [Fact]
    public void Observe_TwoObjectsOfOneId_Fails()
    {
        using var dek = FormatSamples.Dek();
        var monitor = new SealMonitor();
        var pack = FormatSamples.Pack(dek, null, [1, 2, 3]);
        monitor.Observe(pack);
        monitor.Observe(pack);

        Assert.Throws<InvalidOperationException>(() => monitor.Observe(FormatSamples.Repair(FormatSamples.FlipBit(pack, 1200))));
        Assert.Equal(1, monitor.Count);
    }

    [Fact]
    public async Task Put_OfACreatedObject_IsSeenByTheMonitorOfTheProcess()
    {
        using var dek = FormatSamples.Dek();
        var store = new MemoryBlobStore();
        var pack = FormatSamples.Pack(dek, null, [1, 2, 3]);
        await store.PutAsync("packs/a", new ReadOnlySequence<byte>(pack), PutCondition.IfAbsent);

        var other = new ReadOnlySequence<byte>(FormatSamples.Repair(FormatSamples.FlipBit(pack, 1200)));
        await Assert.ThrowsAsync<InvalidOperationException>(() => store.PutAsync("packs/b", other, PutCondition.IfAbsent));
        // What tests do to objects that are there is none of the product's sealing.
        await store.PutAsync("packs/a", other, PutCondition.Always);
    }
}
