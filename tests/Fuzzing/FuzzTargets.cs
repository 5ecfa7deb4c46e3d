using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using RecoveryVault.Catalogues;
using RecoveryVault.Cli;
using RecoveryVault.DataPath;
using RecoveryVault.DataPath.Wire;
using RecoveryVault.Errors;
using RecoveryVault.Files;
using RecoveryVault.Format;
using RecoveryVault.Items;
using RecoveryVault.Keys;
using RecoveryVault.Keys.Local;
using RecoveryVault.Records;
using RecoveryVault.Storage;
using RecoveryVault.Vaults;

namespace RecoveryVault.Tests.Fuzzing;

/// <summary>
/// Every parser of stored, sent or typed bytes. The tests mutate the seeds, and tests/fuzz hands the same to afl or libFuzzer. What
/// checksums would keep from the parsers behind them is made right again first: whoever writes bytes can do that too.
/// </summary>
internal static class FuzzTargets
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    public static IReadOnlyList<FuzzTarget> All { get; } =
    [
        new("object-header", [FuzzSeeds.Pack], input => ObjectHeader.Read(input)),
        new("sealed-object", [FuzzSeeds.Pack, FuzzSeeds.Body], input => OpenObject(RepairObject(input))),
        new("scrub", [FuzzSeeds.Pack, FuzzSeeds.Body], input => ObjectTrailer.Verify(new(input))),
        new("record", [FuzzSeeds.Record], input => RecordEnvelope.Open(RepairRecord(input), RecordType.Ring, FuzzSeeds.FindKey)),
        new("index-run", [FuzzSeeds.IndexRunBody], input => IndexRun.Decode(input)),
        new("manifest", [FuzzSeeds.ManifestBody], input => Manifest.Decode(input)),
        new("catalogue", FuzzSeeds.CatalogueNodes, ReadCatalogue),
        new("chunk-list", [FuzzSeeds.ListNode], ReadChunkList),
        new("frames", [FuzzSeeds.Frames], ReadFrames),
        new(
            "chunk-refs",
            [ChunkRefList.Write([FuzzSeeds.Chunk, new ChunkRef(default, 7, IsZero: true)])],
            input => ChunkRefList.Read(input)
        ),
        new(
            "codes",
            [
                [2, .. CodeList.Write([null, ErrorCodes.DataMissing])],
            ],
            ReadCodes
        ),
        new("chunker-settings", [ChunkerSettingsForm.Write(new(512, 1024, 4096, new byte[32]))], input => ChunkerSettingsForm.Read(input)),
        new("error", [ErrorForm.Write(new VaultException(ErrorCodes.StoreFull, "No space."))], input => ErrorForm.TryRead(input)),
        new("recovery-kit-header", [FuzzSeeds.KitHeader], input => RecoveryKitHeader.Parse(input, out _)),
        new("recovery-kit-content", [FuzzSeeds.KitContent], input => RecoveryKitContent.Decode(input)),
        Json("item-record", FuzzSeeds.Item, RecordJson.Default.ItemRecord),
        Json("vault-record", FuzzSeeds.Vault, RecordJson.Default.VaultRecord),
        Json("key-ring", FuzzSeeds.Ring, RecordJson.Default.KeyRing),
        Json("deletions", FuzzSeeds.Deletions, RecordJson.Default.Deletions),
        Json("log-record", FuzzSeeds.LogRecord, RecordJson.Default.LogRecord),
        Json("job-start", FuzzSeeds.JobStart, RecordJson.Default.JobStart),
        Json("job-end", FuzzSeeds.JobEnd, RecordJson.Default.JobEnd),
        Json("store-manifest", FuzzSeeds.Store, RecordJson.Default.StoreManifest),
        Json("platform-keyring", FuzzSeeds.Keyring, RecordJson.Default.StoredKeyring),
        Json(
            "local-key",
            FuzzSeeds.KeyVault.Single(blob => blob.Key.Contains("kek", StringComparison.Ordinal)).Value,
            KeyStoreJson.Default.KeyRecord
        ),
        Json(
            "local-key-vault",
            FuzzSeeds.KeyVault.First(blob => !blob.Key.Contains("kek", StringComparison.Ordinal)).Value,
            KeyStoreJson.Default.KeyVaultRecord
        ),
        Text("names", ["docs", "mydb.sql", "packs/00ff/a-1", "00112233445566778899aabbccddeeff"], ReadName),
        Text(
            "key-uri",
            ["https://kv1.vault.localhost/keys/kek", "https://kv1.vault.azure.net/keys/kek/0123456789abcdef0123456789abcdef"],
            ReadKeyUri
        ),
        Text("glob", ["*.tmp", "/cache/**/x[!a-z]?", "a\\*b/", "**/node_modules/"], ReadGlob),
        Text("listen-address", ["127.0.0.1:0", "[::1]:8080"], text => RecoveryVault.DataPlane.ListenAddress.Parse(text)),
        Text("command-line", FuzzSeeds.CommandLines, text => CommandLine.Build().Parse(text.Replace('\0', ' ').Split('\n'))),
    ];

    /// <summary>What is read is written again and reads the same.</summary>
    private static FuzzTarget Json<T>(string name, T seed, JsonTypeInfo<T> type)
        where T : class => Json(name, JsonSerializer.SerializeToUtf8Bytes(seed, type), type);

    private static FuzzTarget Json<T>(string name, byte[] seed, JsonTypeInfo<T> type)
        where T : class => new(name, [seed], input => RoundTrip(input, type));

    private static void RoundTrip<T>(byte[] input, JsonTypeInfo<T> type)
        where T : class
    {
        if (JsonSerializer.Deserialize(input, type) is not { } read)
            return;
        var written = JsonSerializer.Serialize(read, type);
        if (JsonSerializer.Deserialize(written, type) is not { } again || JsonSerializer.Serialize(again, type) != written)
            throw new InvalidOperationException($"What was read is written as {written} and reads otherwise.");
    }

    private static FuzzTarget Text(string name, IReadOnlyList<string> seeds, Action<string> parse) =>
        new(name, [.. seeds.Select(Utf8.GetBytes)], input => parse(Utf8.GetString(input)));

    private static byte[] RepairObject(byte[] input)
    {
        if (input.Length < 32)
            return input;
        var copy = input.ToArray();
        "RVEND\0\0\u0001"u8.CopyTo(copy.AsSpan(copy.Length - 32));
        BinaryPrimitives.WriteInt64LittleEndian(copy.AsSpan(copy.Length - 24), copy.Length);
        return RepairChecksum(copy);
    }

    private static byte[] RepairRecord(byte[] input) => input.Length < 16 ? input : RepairChecksum(input.ToArray());

    private static byte[] RepairChecksum(byte[] copy)
    {
        XxHash128.Hash(copy.AsSpan(0, copy.Length - 16), copy.AsSpan(copy.Length - 16));
        return copy;
    }

    private static void OpenObject(byte[] sealedObject)
    {
        ObjectTrailer.Verify(new(sealedObject));
        using var dek = FuzzSeeds.Dek();
        using var reader = new SealedObjectReader(sealedObject, dek);
        var tail = reader.OpenTail(sealedObject, sealedObject.Length);
        foreach (var frame in reader.OpenFooter(tail, sealedObject.AsSpan((int)tail.Offset, tail.SealedLength)))
            reader.OpenFrame(frame, sealedObject.AsSpan((int)frame.Offset, frame.SealedLength), new byte[frame.PlaintextLength]);
    }

    /// <summary>The root's node; whatever it refers to is missing, and is left out.</summary>
    private static void ReadCatalogue(byte[] node)
    {
        if (node.Length == 0)
            return;
        var root = new CatalogueRoot(node[0], new ChunkRef(Digest.Of(node), node.Length));
        var reader = new CatalogueReader((chunk, _) => Fetch(chunk == root.Node, node), lost => lost.ToString());
        foreach (var entry in reader.ReadAsync(root).ToBlockingEnumerable())
            _ = entry.Path.ToString();
    }

    private static void ReadChunkList(byte[] node)
    {
        var list = new ChunkList(1, 10, [new ChunkRef(Digest.Of(node), Math.Max(1, node.Length))]);
        foreach (var _ in new ChunkListReader((chunk, _) => Fetch(chunk == list.Refs[0], node)).ReadAsync(list).ToBlockingEnumerable()) { }
    }

    private static ValueTask<ReadOnlyMemory<byte>> Fetch(bool isKnown, byte[] node) =>
        isKnown ? ValueTask.FromResult<ReadOnlyMemory<byte>>(node) : throw new VaultException(ErrorCodes.DataMissing, "It is not there.");

    private static void ReadFrames(byte[] bytes)
    {
        var reader = new ChunkFrameReader(new MemoryStream(bytes));
        while (true)
        {
            // Over memory nothing is waited for.
            var received = reader.ReadAsync(CancellationToken.None).AsTask().GetAwaiter().GetResult();
            received.Content?.Dispose();
            if (received.Frame.Type is ChunkFrameType.End or ChunkFrameType.Failure)
                return;
        }
    }

    private static void ReadCodes(byte[] input)
    {
        if (input.Length > 0)
            CodeList.Read(input.AsSpan(1), input[0]);
    }

    private static void ReadName(string text)
    {
        SealedObjects.TryReadId(text, out _);
        AuthenticatedRecords.TrySequenceOf(text, out _);
        GrainRecords.TryItemOf(text, out _);
        GrainRecords.TryVaultOf(text, out _);
        if (BlobPath.Decode(text) is { } name && !BlobPath.IsPathOf(text, name))
            throw new InvalidOperationException($"'{text}' is read as '{name}', whose path it is not.");
        _ = RelativePath.FromText(text).ToString();
        foreach (
            var read in new Action[]
            {
                () => VaultName.Require(text),
                () => ItemName.Require(text),
                () => BlobName.Require(text),
                () => ItemKey.Parse(text),
                () => VaultId.Parse(text),
            }
        )
            new FuzzTarget("", [], _ => read()).Run([]);
    }

    private static void ReadKeyUri(string text)
    {
        if (KeyId.TryParse(text, out var keyId) && KeyId.Parse(keyId.ToString()) != keyId)
            throw new InvalidOperationException($"'{text}' is read as '{keyId}', which is another.");
    }

    private static void ReadGlob(string text)
    {
        var glob = GlobPattern.Parse(text);
        foreach (var path in new[] { "", "a", "cache/a/b/xq", new string('a', 2000), string.Concat(Enumerable.Repeat("a/", 500)) })
            glob.Matches(Utf8.GetBytes(path));
    }
}
