using System.Buffers.Binary;
using System.Text.Json;
using System.Text.Json.Nodes;
using RecoveryVault.Format;
using RecoveryVault.Tests.Format;

namespace RecoveryVault.Tests.Tampering;

/// <summary>What somebody, or a medium, does to one stored object.</summary>
internal enum Tampering
{
    Flip,
    FlipAndRepair,
    Truncate,
    TruncateAndRepair,
    Extend,
    ExtendAndRepair,

    /// <summary>Two objects of one kind and one item change places.</summary>
    Swap,

    /// <summary>Two frames within a sealed object change places.</summary>
    Reorder,

    /// <summary>What lay under this name before, or an older object of the same kind and item.</summary>
    Replay,

    /// <summary>The same content under one more name.</summary>
    Duplicate,
    Delete,

    /// <summary>An authentic object of the same kind, of another item or vault.</summary>
    Substitute,

    /// <summary>Well made, but with keys of the attacker's own.</summary>
    Forge,

    /// <summary>An edit that keeps the shape of the JSON.</summary>
    Edit,

    /// <summary>Another data key, wrapped to the customer's public key, which everybody has.</summary>
    Rewrap,
}

/// <summary>Changes to bytes, with everything repaired that needs no key.</summary>
internal static class TamperedBytes
{
    private const int RecordHeaderLength = 20;
    private const int RecordTrailerLength = 48;

    public static byte[] Repair(StoredKind kind, byte[] bytes) =>
        kind.IsSealed() && bytes.Length >= 32 ? FormatSamples.Repair(bytes)
        : kind.IsRecord() && bytes.Length >= 16 ? FormatSamples.RepairChecksum(bytes)
        : bytes;

    public static byte[] Flip(byte[] bytes, Dice dice) => FormatSamples.FlipBit(bytes, dice.Next(bytes.Length * 8));

    public static byte[] Truncate(byte[] bytes, Dice dice) => bytes[..dice.Next(bytes.Length)];

    public static byte[] Extend(byte[] bytes, Dice dice) =>
        [.. bytes, .. bytes.Length == 0 || dice.Next(2) == 0 ? new byte[1 + dice.Next(100)] : bytes[..(1 + dice.Next(bytes.Length))]];

    /// <summary>Two stretches of one length change places, as two sealed frames would.</summary>
    public static byte[] Reorder(byte[] bytes, Dice dice)
    {
        var length = Math.Min(16 + dice.Next(600), (bytes.Length - ObjectHeader.SizeBytes - 32) / 2);
        var first = ObjectHeader.SizeBytes + dice.Next(bytes.Length - ObjectHeader.SizeBytes - 32 - (2 * length) + 1);
        var second = first + length + dice.Next(bytes.Length - 32 - first - (2 * length) + 1);
        var copy = bytes.ToArray();
        bytes.AsSpan(first, length).CopyTo(copy.AsSpan(second));
        bytes.AsSpan(second, length).CopyTo(copy.AsSpan(first));
        return copy;
    }

    /// <summary>The same as a JSON edit, within a record's payload; the MAC is left as it is.</summary>
    public static byte[] EditRecord(byte[] record, Func<byte[], byte[]> edit)
    {
        var payload = edit(record[RecordHeaderLength..^RecordTrailerLength]);
        byte[] edited = [.. record[..RecordHeaderLength], .. payload, .. record[^RecordTrailerLength..]];
        BinaryPrimitives.WriteInt32LittleEndian(edited.AsSpan(16), payload.Length);
        return FormatSamples.RepairChecksum(edited);
    }

    /// <summary>One node of the document is removed, repeated, changed, or takes the value of another of its kind.</summary>
    public static byte[] EditJson(byte[] json, Dice dice)
    {
        var root = JsonNode.Parse(json) ?? throw new JsonException("It is empty.");
        var nodes = new List<JsonNode>();
        Collect(root, nodes);
        for (var attempt = 0; attempt < 20; attempt++)
        {
            var node = dice.Pick(nodes);
            if (node.Parent is null || !Change(node, nodes, dice))
                continue;
            var edited = JsonSerializer.SerializeToUtf8Bytes(root);
            if (!edited.AsSpan().SequenceEqual(json))
                return edited;
        }
        return [.. json, (byte)'x'];
    }

    private static bool Change(JsonNode node, List<JsonNode> nodes, Dice dice)
    {
        switch (dice.Next(5))
        {
            case 0:
                Remove(node);
                return true;
            case 1:
                var same = nodes.Where(n => n.GetValueKind() == node.GetValueKind() && n.ToJsonString() != node.ToJsonString()).ToList();
                if (same.Count == 0)
                    return false;
                node.ReplaceWith(dice.Pick(same).DeepClone());
                return true;
            case 2 when node.Parent is JsonArray array:
                array.Add(node.DeepClone());
                return true;
            case 3:
                node.ReplaceWith((JsonNode?)null);
                return true;
            default:
                return Vary(node, dice);
        }
    }

    private static bool Vary(JsonNode node, Dice dice)
    {
        switch (node.GetValueKind())
        {
            case JsonValueKind.Number:
                node.ReplaceWith(JsonValue.Create(node.GetValue<long>() + (dice.Next(2) == 0 ? 1 : -1)));
                return true;
            case JsonValueKind.String when node.GetValue<string>() is { Length: > 0 } text:
                var at = dice.Next(text.Length);
                node.ReplaceWith(JsonValue.Create(text[..at] + (text[at] == 'b' ? 'c' : 'b') + text[(at + 1)..]));
                return true;
            default:
                return false;
        }
    }

    private static void Remove(JsonNode node)
    {
        if (node.Parent is JsonObject parent)
            parent.Remove(node.GetPropertyName());
        else if (node.Parent is JsonArray array)
            array.RemoveAt(node.GetElementIndex());
    }

    private static void Collect(JsonNode? node, List<JsonNode> into)
    {
        if (node is null)
            return;
        into.Add(node);
        var children =
            node is JsonObject o ? o.Select(p => p.Value)
            : node is JsonArray a ? a
            : [];
        foreach (var child in children)
            Collect(child, into);
    }
}
