using System.Buffers;
using System.Text;
using RecoveryVault.Catalogues;
using RecoveryVault.DataPath;
using RecoveryVault.Errors;
using RecoveryVault.Format;
using RecoveryVault.Items;
using RecoveryVault.Keys;
using RecoveryVault.Records;
using RecoveryVault.Storage;
using RecoveryVault.Tests.Format;
using RecoveryVault.Tests.Storage;

namespace RecoveryVault.Tests.DataPath;

/// <summary>
/// One item's data path without grains: sessions on a store in memory, the commit in the order of the grain, and the item's record, which
/// is what an acknowledged backup has changed. What a process would have in memory is made anew for each session.
/// </summary>
internal sealed class ItemStage
{
    /// <summary>Short, so that small contents have many chunks.</summary>
    public const int ChunkLength = 1000;

    private readonly AuthenticatedRecords _records;

    public ItemStage(IBlobStore? store = null, SealGate? gate = null)
    {
        Store = store ?? new MemoryBlobStore();
        Gate = gate ?? new SealGate();
        _records = new AuthenticatedRecords(Store, Keyring.Value);
        Points = new RecoveryPoints(Store, _records);
    }

    public static ItemKey Key { get; } = new(FormatSamples.Vault, FormatSamples.Item);

    public IBlobStore Store { get; }

    public SealGate Gate { get; }

    public Microsoft.Extensions.Time.Testing.FakeTimeProvider Time { get; } = new(new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero));

    public RecoveryPoints Points { get; }

    public AuthenticatedRecords Records => _records;

    /// <summary>How many DEKs the item has; the last seals.</summary>
    public uint Epochs { get; set; } = 1;

    /// <summary>Stands for the item's blob of grain storage: changed by one atomic write.</summary>
    public ItemRecord Record { get; set; } =
        ItemRecord
            .Enrolled(Key, 1)
            .Protect(
                new ItemSettings
                {
                    Name = "item",
                    Source = new ItemSource
                    {
                        Path = "/src",
                        Host = "here",
                        Kind = ContentKind.Tree,
                    },
                    State = ProtectionState.Protected,
                    CreatedAt = default,
                }
            );

    /// <summary>Whether everything is sealed a second time under the platform keyring.</summary>
    public bool HasSecondLayer { get; init; }

    public static readonly Lazy<PlatformKeyring> Keyring = new(() =>
        PlatformKeyring.CreateAsync(new MemoryBlobStore(), "22222222-2222-2222-2222-222222222222", TimeProvider.System).Result
    );

    private static readonly byte[] SealedItemIdKey = NewItemIdKey();

    /// <summary>The same item after a crash: what the process had in memory is gone, and faults with it.</summary>
    public ItemStage Reopen(IBlobStore store) =>
        new(store)
        {
            Record = Record,
            Epochs = Epochs,
            HasSecondLayer = HasSecondLayer,
        };

    public ItemSecrets OpenSecrets() => OpenSecrets(HasSecondLayer ? Keyring.Value : null);

    public ItemSecrets OpenSecrets(PlatformKeyring? secondLayer)
    {
        using var first = FormatSamples.Dek();
        var deks = Enumerable.Range(1, (int)Epochs).Select(epoch => FormatSamples.Dek((uint)epoch, (byte)epoch));
        return new ItemSecrets(Key, [.. deks], first.OpenItemIdKey(SealedItemIdKey)) { SecondLayer = secondLayer };
    }

    public Task<BackupSession> OpenBackupAsync() => BackupSession.OpenAsync(Store, OpenSecrets(), Gate, Time, Record.CondemnedPacks);

    public Task<RestoreSession> OpenRestoreAsync() => RestoreSession.OpenAsync(Store, OpenSecrets(), Time, Record.CondemnedPacks);

    /// <summary>A whole backup; returns its head once it is acknowledged.</summary>
    public async Task<RecoveryPointHead> BackUpAsync(IReadOnlyDictionary<string, byte[]> content)
    {
        var slot = new WriterSlot(Guid.NewGuid(), Guid.NewGuid(), Guid.NewGuid(), "me", default);
        // No session of this stage outlives its backup, so a slot that is taken belongs to a dead one.
        Record = Record.TakeSlot(slot, _ => false);
        await using var session = await OpenBackupAsync();
        var root = await SendAsync(session, content);
        return await CommitAsync(session, slot, root);
    }

    /// <summary>Sends content as a client does, and returns the catalogue.</summary>
    public static async Task<CatalogueRoot> SendAsync(IBackupChannel channel, IReadOnlyDictionary<string, byte[]> content)
    {
        var catalogue = new CatalogueWriter((node, _) => PutAsync(channel, node));
        await catalogue.AddAsync(Entry("", EntryType.Directory));
        foreach (var (path, bytes) in content.OrderBy(c => c.Key, StringComparer.Ordinal))
        {
            var list = new ChunkListWriter((node, _) => PutAsync(channel, node));
            foreach (var chunk in bytes.Chunk(ChunkLength))
                await list.AddAsync(await PutAsync(channel, chunk));
            await catalogue.AddAsync(Entry(path, EntryType.File) with { Size = bytes.Length, Content = await list.FinishAsync() });
        }
        var root = await catalogue.FinishAsync();
        await channel.FlushAsync(default);
        return root;
    }

    /// <summary>Asks for a chunk and sends it if it is new.</summary>
    public static async ValueTask<ChunkRef> PutAsync(IBackupChannel channel, ReadOnlyMemory<byte> content)
    {
        var chunk = new ChunkRef(Digest.Of(content.Span), content.Length);
        if ((await channel.FindNewAsync([chunk], default))[0])
            await channel.PutAsync(chunk, Buffer(content), default);
        return chunk;
    }

    public static IMemoryOwner<byte> Buffer(ReadOnlyMemory<byte> content)
    {
        var buffer = MemoryPool<byte>.Shared.Rent(content.Length);
        content.CopyTo(buffer.Memory);
        return buffer;
    }

    public async Task<RecoveryPointHead> CommitAsync(BackupSession session, WriterSlot slot, CatalogueRoot root)
    {
        await session.FinishAsync();
        Assert.True(session.IsStored(root.Node));
        var manifest = new Manifest
        {
            VaultId = Key.VaultId,
            ItemId = Key.ItemId,
            RecoveryPoint = ItemRecord.RecoveryPointName(Time.GetUtcNow(), Record.NextSeq),
            Seq = Record.NextSeq,
            PrevHash = new HeadHash(Bytes32.Parse(Record.Newest?.HeadHash ?? ItemRecord.NoHead)),
            Kind = ContentKind.Tree,
            Time = Time.GetUtcNow(),
            OperationId = slot.OperationId.ToString(),
            Catalogue = root,
            Statistics = new ManifestStatistics(1, 0, 1, 0, 0, 0),
            Source = new ManifestSource("here", Encoding.UTF8.GetBytes("/src")),
        };
        var (name, headHash) = await session.WriteManifestAsync(manifest);
        var head = Head(manifest.Seq, headHash.ToString(), manifest.PrevHash.ToString()) with
        {
            Name = manifest.RecoveryPoint,
            Time = manifest.Time,
            Manifest = name,
            OperationId = slot.OperationId,
            BytesNew = session.BytesNew,
            BytesStored = session.BytesStored,
        };
        await Points.WriteAsync(Key.ItemId, head);
        Record = Record.Commit(slot.SessionId, head);
        return head;
    }

    /// <summary>The content of a recovery point; a file that is damaged has an error code instead.</summary>
    public async Task<Dictionary<string, (byte[] Content, string? Error)>> RestoreAsync(RecoveryPointHead head)
    {
        await using var session = await OpenRestoreAsync();
        var manifest = await session.ReadManifestAsync(head.Manifest, head.HeadHash);
        Dictionary<string, (byte[], string?)> files = [];
        await foreach (var entry in new CatalogueReader((c, _) => FetchAsync(session, c)).ReadAsync(manifest.Catalogue, RelativePath.Root))
        {
            if (entry.Type != EntryType.File)
                continue;
            List<ChunkRef> chunks = [];
            await foreach (var chunk in new ChunkListReader((c, _) => FetchAsync(session, c)).ReadAsync(entry.Content))
                chunks.Add(chunk);
            files[entry.Path.ToString()] = await ReadAsync(session, chunks);
        }
        return files;
    }

    public static async Task<(byte[] Content, string? Error)> ReadAsync(IRestoreChannel channel, IReadOnlyList<ChunkRef> chunks)
    {
        using var content = new MemoryStream();
        string? error = null;
        foreach (var batch in chunks.Chunk(256))
        {
            await foreach (var read in channel.ReadAsync(batch, default))
            {
                using (read)
                {
                    error ??= read.ErrorCode;
                    Assert.Equal(read.ErrorCode is null ? read.Chunk.Length : 0, read.Plaintext.Length);
                    content.Write(read.Plaintext.Span);
                }
            }
        }
        return (content.ToArray(), error);
    }

    /// <summary>Every acknowledged recovery point restores what was acknowledged.</summary>
    public async Task AssertRestoresAsync(RecoveryPointHead head, IReadOnlyDictionary<string, byte[]> content)
    {
        var restored = await RestoreAsync(head);
        Assert.Equal(content.Keys.Order(StringComparer.Ordinal), restored.Keys.Order(StringComparer.Ordinal));
        foreach (var (path, (bytes, error)) in restored)
        {
            Assert.Null(error);
            Assert.True(bytes.AsSpan().SequenceEqual(content[path]), $"'{path}' of recovery point {head.Seq} differs");
        }
    }

    /// <summary>Bytes that look random, the same for the same seed.</summary>
    public static byte[] Noise(int seed, int length)
    {
        var bytes = new byte[length];
        var state = (uint)seed * 2654435761u + 1;
        for (var i = 0; i < length; i++)
        {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            bytes[i] = (byte)state;
        }
        return bytes;
    }

    public static RecoveryPointHead Head(long seq, string headHash, string prevHash) =>
        new()
        {
            Name = ItemRecord.RecoveryPointName(default, seq),
            Seq = seq,
            Time = default,
            HeadHash = headHash,
            PrevHash = prevHash,
            Manifest = ItemBlobs.Manifest(Key.ItemId, seq, new string('a', 64)),
            Statistics = new BackupStatistics(),
            KeyIdAtBackup = "platform:1",
            OperationId = Guid.NewGuid(),
            JobId = Guid.NewGuid(),
            BytesNew = 0,
            BytesStored = 0,
        };

    private static async ValueTask<ReadOnlyMemory<byte>> FetchAsync(IRestoreChannel channel, ChunkRef chunk)
    {
        var (content, error) = await ReadAsync(channel, [chunk]);
        return error is null ? content : throw new VaultException(error, "A node is damaged.");
    }

    public static CatalogueEntry Entry(string path, EntryType type) =>
        new()
        {
            Path = new RelativePath(Encoding.UTF8.GetBytes(path)),
            Type = type,
            Mode = 0b110_100_100,
            Uid = 0,
            Gid = 0,
            ModifiedAt = default,
        };

    private static byte[] NewItemIdKey()
    {
        using var dek = FormatSamples.Dek();
        using var keys = ItemKeySet.Create();
        return dek.SealItemIdKey(keys);
    }
}
