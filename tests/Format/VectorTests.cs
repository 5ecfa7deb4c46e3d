using System.Buffers;
using System.Globalization;
using System.Text;
using RecoveryVault.Catalogues;
using RecoveryVault.Format;
using RecoveryVault.Items;
using RecoveryVault.Keys;
using RecoveryVault.Tests.Catalogues;
using RecoveryVault.Vaults;

namespace RecoveryVault.Tests.Format;

/// <summary>What was written once is written and read the same for ever.</summary>
public sealed class VectorTests
{
    [Fact]
    public void Keys_FromTheVector_AreThoseExpected()
    {
        var vector = new VectorFile("keys.txt");
        using var dek = vector.Dek();
        using var keys = new ItemKeySet(SecretBytes.CopyOf(vector.Bytes("item-id-key")));
        Assert.Equal(vector["expect-dek-commitment"], Convert.ToHexStringLower(dek.Commit()));
        Assert.Equal(vector["expect-sealed-item-id-key"], Convert.ToHexStringLower(dek.SealItemIdKey(keys, vector.Bytes("nonce"))));
        Assert.Equal(vector["expect-chunker-seed"], Convert.ToHexStringLower(keys.ChunkerSeed.Span));
        using var opened = dek.OpenItemIdKey(vector.Bytes("expect-sealed-item-id-key"));
        Assert.Equal(vector["expect-chunk-id"], opened.ChunkIdOf(Digest.Of(Encoding.ASCII.GetBytes(vector["chunk"]))).ToString());
        Assert.Equal(vector["expect-head-hash"], opened.HeadHashOf(Encoding.ASCII.GetBytes(vector["manifest"])).ToString());
    }

    [Theory]
    [InlineData("pack-suite-1.txt")]
    [InlineData("pack-suite-2.txt")]
    [InlineData("manifest-object.txt")]
    public void SealedObject_FromTheVector_IsWrittenAndReadAsExpected(string name)
    {
        var vector = new VectorFile(name);
        using var dek = vector.Dek();
        using var writer = new SealedObjectWriter((ObjectType)vector.Number("type"), dek, vector.Platform(), new(vector.Id("object-id")));
        foreach (var frame in vector.All("frame").Select(line => line.Split(' ')))
        {
            writer.Add(
                new(Bytes32.Parse(frame[0])),
                int.Parse(frame[1], CultureInfo.InvariantCulture),
                (PayloadCodec)byte.Parse(frame[2], CultureInfo.InvariantCulture),
                Convert.FromHexString(frame[3])
            );
        }
        Assert.Equal(vector["expect"], Convert.ToHexStringLower(writer.Finish().ToArray()));
        var plaintexts = FormatSamples.Open(vector.Bytes("expect"), dek, vector.Platform());
        Assert.Equal(vector.All("plaintext"), plaintexts.Select(Convert.ToHexStringLower));
    }

    [PythonFact]
    public async Task SealedObject_FromTheVector_IsReadByTheIndependentReader()
    {
        foreach (var name in new[] { "pack-suite-1.txt", "pack-suite-2.txt", "manifest-object.txt" })
        {
            var vector = new VectorFile(name);
            using var reader = new IndependentReader();
            using var dek = vector.Dek();
            using var keys = ItemKeySet.Create();
            var keyFile = reader.ExportKeys([dek], dek, keys, vector.Platform() is { } platform ? [platform] : []);
            var (exitCode, output, error) = await IndependentReader.RunAsync(
                "frames",
                "--object",
                reader.Export(name, vector.Bytes("expect")),
                "--keys",
                keyFile
            );
            Assert.Equal((0, ""), (exitCode, error));
            Assert.Equal(vector.All("plaintext"), output.TrimEnd('\n').Split('\n').Select(line => line.Split(' ')[2]));
        }
    }

    [Fact]
    public void IndexRun_FromTheVector_IsWrittenAndReadAsExpected()
    {
        var vector = new VectorFile("index-run.txt");
        var packs = vector
            .All("pack")
            .Select(line => line.Split(' '))
            .Select(pack => new IndexedPack(
                new(Bytes32.Parse(pack[0])),
                uint.Parse(pack[1], CultureInfo.InvariantCulture),
                Enum.Parse<ObjectSuite>(pack[2]),
                uint.Parse(pack[3], CultureInfo.InvariantCulture)
            ));
        var chunks = vector
            .All("chunk")
            .Select(line => line.Split(' '))
            .Select(chunk =>
            {
                var numbers = chunk[1..].Select(number => int.Parse(number, CultureInfo.InvariantCulture)).ToArray();
                return new IndexedChunk(
                    numbers[0],
                    new((uint)numbers[1], new(Bytes32.Parse(chunk[0])), (uint)numbers[2], numbers[3], numbers[4], (PayloadCodec)numbers[5])
                );
            })
            .ToList();
        Assert.Equal(vector["expect"], Convert.ToHexStringLower(IndexRun.Encode([.. packs], chunks)));
        var run = IndexRun.Decode(vector.Bytes("expect"));
        Assert.Equal(packs, run.Packs);
        var sorted = chunks.OrderBy(chunk => chunk.Frame.ChunkId.ToString(), StringComparer.Ordinal);
        Assert.Equal(sorted, Enumerable.Range(0, run.Count).Select(i => run[i]));
    }

    [Fact]
    public void Manifest_FromTheVector_IsWrittenAndReadAsExpected()
    {
        var vector = new VectorFile("manifest.txt");
        var counts = vector["statistics"].Split(' ').Select(count => long.Parse(count, CultureInfo.InvariantCulture)).ToArray();
        var manifest = new Manifest
        {
            VaultId = VaultId.Parse(vector["vault"]),
            ItemId = ItemId.Parse(vector["item"]),
            RecoveryPoint = vector["recovery-point"],
            Seq = vector.Number("seq"),
            PrevHash = new(vector.Id("prev-hash")),
            Kind = Enum.Parse<ContentKind>(vector["kind"]),
            Time = DateTimeOffset.Parse(vector["time"], CultureInfo.InvariantCulture),
            OperationId = vector["operation-id"],
            Catalogue = new((int)vector.Number("root-level"), new(Digest.Parse(vector["root-digest"]), (int)vector.Number("root-length"))),
            Statistics = new(counts[0], counts[1], counts[2], counts[3], counts[4], counts[5]),
            Source = new(vector["host"], vector.Bytes("path")),
            RetainUntil = DateTimeOffset.Parse(vector["retain-until"], CultureInfo.InvariantCulture),
        };
        Assert.Equal(vector["expect"], Encoding.UTF8.GetString(manifest.Encode()));
        Assert.Equal(vector["expect"], Encoding.UTF8.GetString(Manifest.Decode(Encoding.UTF8.GetBytes(vector["expect"])).Encode()));
        using var keys = new ItemKeySet(SecretBytes.CopyOf(vector.Bytes("item-id-key")));
        Assert.Equal(vector["expect-head-hash"], keys.HeadHashOf(manifest.Encode()).ToString());
    }

    [Fact]
    public void Record_FromTheVector_IsWrittenAndReadAsExpected()
    {
        var vector = new VectorFile("record.txt");
        var payload = Encoding.UTF8.GetBytes(vector["payload"]);
        var platform = vector.Platform();
        Assert.NotNull(platform);
        var type = (RecordType)vector.Number("type");
        Assert.Equal(vector["expect"], Convert.ToHexStringLower(RecordEnvelope.Seal(type, platform, payload)));
        Assert.Equal(payload, RecordEnvelope.Open(vector.Bytes("expect"), type, id => id == platform.Id ? platform : null));
    }

    [Fact]
    public async Task CatalogueSegment_FromTheVector_IsWrittenAndReadAsExpected()
    {
        var vector = new VectorFile("catalogue-segment.txt");
        var entries = vector.All("entry").Select(CatalogueVector.ParseEntry).ToList();
        var nodes = new MemoryNodes();
        var root = await nodes.WriteAsync(entries);
        Assert.Equal(0, root.Level);
        Assert.Equal(vector["expect"], Convert.ToHexStringLower(nodes.All[root.Node]));
        var read = await nodes.ReadAsync(new CatalogueRoot(0, nodes.Put(vector.Bytes("expect"))));
        Assert.Equal(entries.Select(CatalogueRoundTripTests.Describe), read.Select(CatalogueRoundTripTests.Describe));
    }

    /// <summary>Boundaries are frozen too: another cut would store every node again.</summary>
    [Fact]
    public async Task CatalogueTree_FromTheVector_IsCutAsExpected()
    {
        var vector = new VectorFile("catalogue-tree.txt");
        var nodes = new MemoryNodes();
        var root = await nodes.WriteAsync(CatalogueVector.Tree((int)vector.Number("files")));
        Assert.Equal(vector["expect-root"], $"{root.Level} {root.Node.Length} {root.Node.Digest}");
        Assert.Equal(vector["expect-root-node"], Convert.ToHexStringLower(nodes.All[root.Node]));
    }

    [Fact]
    public async Task ChunkList_FromTheVector_IsCutAsExpected()
    {
        var vector = new VectorFile("chunk-list.txt");
        var nodes = new MemoryNodes();
        var writer = new ChunkListWriter(nodes.EmitAsync);
        foreach (var chunk in CatalogueVector.Chunks((int)vector.Number("chunks")))
            await writer.AddAsync(chunk);
        var list = await writer.FinishAsync();
        Assert.Equal(vector["expect-list"], $"{list.Depth} {list.Length}");
        Assert.Equal(vector.All("expect-ref"), list.Refs.Select(node => $"{node.Length} {node.Digest}"));
        Assert.StartsWith(vector["expect-first-node-begins"], Convert.ToHexStringLower(nodes.All[list.Refs[0]]), StringComparison.Ordinal);
    }
}
