using System.Buffers;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using RecoveryVault.Activity;
using RecoveryVault.Catalogues;
using RecoveryVault.DataPath.Wire;
using RecoveryVault.Format;
using RecoveryVault.Items;
using RecoveryVault.Jobs;
using RecoveryVault.Keys;
using RecoveryVault.Keys.Local;
using RecoveryVault.Records;
using RecoveryVault.Stores;
using RecoveryVault.Tests.Storage;
using RecoveryVault.Vaults;

namespace RecoveryVault.Tests.Fuzzing;

/// <summary>Valid inputs of every parser, made by the product's own writers under fixed keys.</summary>
internal static class FuzzSeeds
{
    private static readonly DateTimeOffset Now = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);
    private static readonly ItemKey ItemKey = RecoveryVault.Items.ItemKey.Parse(
        "00112233445566778899aabbccddeeff-ffeeddccbbaa99887766554433221100"
    );
    private static readonly PlatformKey Platform = new(7, SecretBytes.CopyOf([.. Enumerable.Range(1, 32).Select(i => (byte)i)]));
    private static readonly RecordRef Named = new($"descriptors/{ItemKey.ItemId}/0000000000000001-0011223344556677", new string('a', 64));
    private static readonly string Hash = new('c', 64);

    public static ChunkRef Chunk { get; } = new(Digest.Of("chunk"u8), 5);

    public static byte[] Pack { get; } = SealPack();

    public static byte[] Body { get; } = SealBody();

    public static byte[] Record { get; } = RecordEnvelope.Seal(RecordType.Ring, Platform, "{\"seq\":1}"u8);

    public static byte[] ManifestBody { get; } =
        new Manifest
        {
            VaultId = ItemKey.VaultId,
            ItemId = ItemKey.ItemId,
            RecoveryPoint = "20261123T120000Z-2",
            Seq = 2,
            PrevHash = new(Bytes32.Parse(Hash)),
            Kind = ContentKind.Tree,
            Time = Now,
            OperationId = "3f2504e0",
            Catalogue = new(1, Chunk),
            Statistics = new(10, 7, 3, 123_456, 1, 2),
            Source = new("host", "/src\u00ff"u8.ToArray()),
            RetainUntil = Now,
        }.Encode();

    public static byte[] IndexRunBody { get; } = EncodeIndexRun();

    public static IReadOnlyList<byte[]> CatalogueNodes { get; } = WriteCatalogue(entries: 12, name: "file");

    public static byte[] ListNode { get; } = [0x40, 10, .. Enumerable.Range(0, 32).Select(i => (byte)i), 0x0b];

    public static byte[] Frames { get; } = WriteFrames();

    public static byte[] KitHeader { get; } =
        new RecoveryKitHeader("22222222-2222-2222-2222-222222222222", Now, 600_000, new byte[32], new byte[32], 100).Encode();

    public static byte[] KitContent { get; } = EncodeKit();

    public static RecoveryPointHead Head { get; } =
        new()
        {
            Name = "20261123T120000Z-1",
            Seq = 1,
            Time = Now,
            HeadHash = Hash,
            PrevHash = ItemRecord.NoHead,
            Manifest = ItemBlobs.Manifest(ItemKey.ItemId, 1, Hash),
            Statistics = new BackupStatistics(),
            KeyIdAtBackup = "platform:1",
            OperationId = Guid.Empty,
            JobId = Guid.Empty,
            BytesNew = 1,
            BytesStored = 2,
        };

    public static ItemRecord Item { get; } =
        (
            ItemRecord.Enrolled(ItemKey, 1) with
            {
                Descriptor = Named,
                Ring = Named,
                RingSeq = 1,
                Heads = [Head],
                Tombstones = Named,
            }
        ).Protect(
            new ItemSettings
            {
                Name = "item",
                Source = new ItemSource
                {
                    Path = "/src",
                    Host = "here",
                    Kind = ContentKind.Tree,
                    Excludes = ["*.tmp"],
                },
                State = ProtectionState.Protected,
                CreatedAt = Now,
            }
        );

    public static VaultRecord Vault { get; } =
        VaultRecord
            .Create(
                ItemKey.VaultId,
                new CreateVault
                {
                    OperationId = Guid.Empty,
                    Name = "docs",
                    Location = "home",
                },
                "tenant",
                "platform:1",
                Now
            )
            .Attempt(Guid.Empty, Now)
            .Enrol(ItemKey.ItemId) with
        {
            Descriptor = Named,
        };

    public static KeyRing Ring { get; } =
        new()
        {
            Item = ItemKey,
            Seq = 1,
            KeyGeneration = 1,
            Epochs = [new RingEpoch(1, "platform:1", WrapAlgorithms.PlatformGcm, "", new byte[60], new byte[32], new byte[60])],
        };

    public static Deletions Deletions { get; } =
        Deletions.None(ItemKey) with
        {
            Seq = 3,
            SoftDeleted = [new Deletion(Guid.Empty, Now, Now, "why", "who", [new DeletedPoint(4, Hash, null)])],
            Purged = [new SeqRange(1, 2)],
        };

    public static LogRecord LogRecord { get; } =
        new()
        {
            VaultId = ItemKey.VaultId,
            Seq = 2,
            PrevHash = Hash,
            Time = Now,
            Caller = "me@here",
            Operation = "CreateVault",
            Status = "Succeeded",
            CorrelationId = Guid.Empty,
            Details = ImmutableSortedDictionary<string, string>.Empty.Add("name", "docs"),
        };

    public static JobStart JobStart { get; } = new(Guid.Empty, "Backup", "item", Now, "me@here", "S127.0.0.1:1@1/00");

    public static JobEnd JobEnd { get; } = JobEnd.Failed(Now, new JobError("StoreFull", "No space.", "Make some."));

    public static StoreManifest Store { get; } =
        new()
        {
            Format = StoreManifest.FormatName,
            FormatVersion = 1,
            StoreId = "22222222-2222-2222-2222-222222222222",
            ServiceId = "rvault",
            CreatedAt = Now,
            PlatformKeyId = 1,
            PlatformKeyCheck = Hash,
        };

    public static StoredKeyring Keyring { get; } = new(1, "store", 1, [new StoredPlatformKey(1, Now, new byte[32])]);

    /// <summary>A local key vault's own records, by name.</summary>
    public static IReadOnlyDictionary<string, byte[]> KeyVault { get; } = MakeKeyVault();

    public static IReadOnlyList<string> CommandLines { get; } =
    [
        "restore\nrun\n--vault-name\ndocs\n--item-name\nhome\n--include\nletters\n--target\n/tmp/x\n--continue-on-damage",
        "keyvault\nkey\ncreate\n--vault-name\nkv1\n--name\nkek\n--kty\nRSA\n--size\n2048\n--expires\n2027-01-31T00:00:00Z",
        "protection\nbackup-now\n--vault-name\ndocs\n--item-name\nx\n--stdin-from-command\n--\nsh\n-c\nexit 3",
        "job\nlist\n--vault-name\ndocs\n--status\nFailed\n-o\njson\n--wait\n5",
    ];

    public static PlatformKey? FindKey(uint id) => id == Platform.Id ? Platform : null;

    public static DataKey Dek()
    {
        var secret = SecretBytes.CopyOf([.. Enumerable.Range(50, 32).Select(i => (byte)i)]);
        var ids = new byte[36];
        ItemKey.VaultId.WriteTo(ids);
        ItemKey.ItemId.WriteTo(ids.AsSpan(16));
        ids[32] = 1;
        byte[] info = [.. "recoveryvault/1/dek-commitment"u8, .. ids];
        var commitment = new byte[32];
        HKDF.Expand(HashAlgorithmName.SHA256, secret.Span, commitment, info);
        return DataKey.Open(ItemKey.VaultId, ItemKey.ItemId, 1, secret, commitment);
    }

    private static byte[] SealPack()
    {
        using var dek = Dek();
        using var writer = new SealedObjectWriter(ObjectType.Pack, dek);
        foreach (var text in new[] { "first", "second", "third" })
        {
            var bytes = Encoding.ASCII.GetBytes(text);
            writer.Add(new ChunkId(Bytes32.Read(SHA256.HashData(bytes))), bytes.Length, PayloadCodec.Raw, bytes);
        }
        return BuffersExtensions.ToArray(writer.Finish());
    }

    private static byte[] SealBody()
    {
        using var dek = Dek();
        using var writer = new SealedObjectWriter(ObjectType.Manifest, dek);
        SealedBody.Add(writer, new byte[1000]);
        return BuffersExtensions.ToArray(writer.Finish());
    }

    private static byte[] EncodeIndexRun()
    {
        var pack = new IndexedPack(new ObjectId(Bytes32.Parse(Hash)), 1, ObjectSuite.OneLayer, 0);
        var chunks = Enumerable
            .Range(1, 5)
            .Select(i => new IndexedChunk(
                0,
                new FrameEntry(
                    (uint)i,
                    new ChunkId(Bytes32.Parse(new string((char)('0' + i), 64))),
                    (uint)(128 + (i * 50)),
                    50,
                    34,
                    PayloadCodec.Raw
                )
            ));
        return IndexRun.Encode([pack], chunks);
    }

    private static List<byte[]> WriteCatalogue(int entries, string name)
    {
        List<byte[]> nodes = [];
        var writer = new CatalogueWriter(
            (node, _) =>
            {
                nodes.Add(node.ToArray());
                return ValueTask.FromResult(new ChunkRef(Digest.Of(node.Span), node.Length));
            }
        );
        writer.AddAsync(EntryAt("", EntryType.Directory)).AsTask().GetAwaiter().GetResult();
        for (var i = 0; i < entries; i++)
            writer.AddAsync(EntryAt($"{name}{i:d3}", EntryType.File)).AsTask().GetAwaiter().GetResult();
        writer.FinishAsync().AsTask().GetAwaiter().GetResult();
        var digest = new byte[Digest.SizeBytes];
        return [.. nodes, [1, 0, 10, .. digest, 1, (byte)'a', 10, .. digest]];
    }

    private static CatalogueEntry EntryAt(string path, EntryType type) =>
        new()
        {
            Path = RelativePath.FromText(path),
            Type = type,
            Mode = 0x1A4,
            Uid = 1000,
            Gid = 1000,
            ModifiedAt = new(1_700_000_000, 5),
            Identity = new(new(8, 1), 7, new(100, 5)),
            Size = type == EntryType.File ? Chunk.Length : 0,
            Content = type == EntryType.File ? new ChunkList(0, Chunk.Length, [Chunk]) : ChunkList.Empty,
        };

    private static byte[] WriteFrames()
    {
        var bytes = new byte[(2 * ChunkFrame.HeaderLength) + 5];
        ChunkFrame.Content(Chunk).WriteTo(bytes);
        "chunk"u8.CopyTo(bytes.AsSpan(ChunkFrame.HeaderLength));
        ChunkFrame.End(1).WriteTo(bytes.AsSpan(ChunkFrame.HeaderLength + 5));
        return bytes;
    }

    private static byte[] EncodeKit()
    {
        using var content = RecoveryKitContent.Encode([("a.json", "{}"u8.ToArray()), ("keys/kv1/kek.json", "{\"format\":1}"u8.ToArray())]);
        return content.Span.ToArray();
    }

    private static Dictionary<string, byte[]> MakeKeyVault()
    {
        var store = new MemoryBlobStore();
        var vaults = new LocalKeyVaults(store, TimeProvider.System, "11111111-1111-1111-1111-111111111111");
        vaults.CreateAsync(new KeyVaultCreation { Name = "kv1", Location = "home" }).GetAwaiter().GetResult();
        vaults
            .Open("kv1.vault.localhost", KeyVaultCaller.Owner)
            .CreateKeyAsync("kek", new KeyCreation { Kty = "EC" })
            .GetAwaiter()
            .GetResult();
        Dictionary<string, byte[]> records = [];
        foreach (var blob in store.ListAsync("").GetAwaiter().GetResult().Items)
            records[blob.Name] = store.GetAsync(blob.Name).GetAwaiter().GetResult()?.Content.ToArray() ?? [];
        return records;
    }
}
