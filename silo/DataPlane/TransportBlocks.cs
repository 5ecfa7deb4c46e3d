using System.Buffers;
using Microsoft.AspNetCore.Connections;

namespace RecoveryVault.DataPlane;

/// <summary>
/// Gives the listener blocks of 64 KiB. It receives into one block at a time, and those of its own pool have 4 KiB: a chunk of 1 MiB would
/// cost 256 calls of the system.
/// </summary>
internal sealed class TransportBlocks : IMemoryPoolFactory<byte>
{
    public MemoryPool<byte> Create(MemoryPoolOptions? options = null) => new Pool();

    private sealed class Pool : MemoryPool<byte>
    {
        private const int BlockLength = 64 << 10;

        public override int MaxBufferSize => Array.MaxLength;

        public override IMemoryOwner<byte> Rent(int minBufferSize = -1) => Shared.Rent(Math.Max(minBufferSize, BlockLength));

        protected override void Dispose(bool disposing) { }
    }
}
