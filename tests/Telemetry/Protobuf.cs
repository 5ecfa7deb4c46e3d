using System.Text;

namespace RecoveryVault.Tests.Telemetry;

/// <summary>A message of protocol buffers, as far as one must understand it to read what OTLP sends.</summary>
internal sealed class Protobuf
{
    private const int Varint = 0;
    private const int Fixed64 = 1;
    private const int Bytes = 2;
    private const int Fixed32 = 5;

    private readonly List<(int Field, ReadOnlyMemory<byte> Content)> _fields = [];

    public Protobuf(ReadOnlyMemory<byte> message)
    {
        while (!message.IsEmpty)
        {
            var key = ReadVarint(ref message);
            var length = (int)(key & 7) switch
            {
                Varint => Skip(ref message),
                Fixed64 => 8,
                Fixed32 => 4,
                Bytes => (int)ReadVarint(ref message),
                var type => throw new InvalidDataException($"Wire type {type}."),
            };
            _fields.Add(((int)(key >> 3), message[..length]));
            message = message[length..];
        }
    }

    /// <summary>Messages within, by the numbers of the fields that lead to them.</summary>
    public IEnumerable<Protobuf> Find(params int[] path) =>
        path is [var first, .. var rest] ? All(first).SelectMany(content => new Protobuf(content).Find(rest)) : [this];

    public string Text(int field) => All(field).Select(c => Encoding.UTF8.GetString(c.Span)).FirstOrDefault("");

    public string Hex(int field) => All(field).Select(c => Convert.ToHexStringLower(c.Span)).FirstOrDefault("");

    private IEnumerable<ReadOnlyMemory<byte>> All(int field) => _fields.Where(f => f.Field == field).Select(f => f.Content);

    /// <summary>Numbers are of no interest here.</summary>
    private static int Skip(ref ReadOnlyMemory<byte> message)
    {
        ReadVarint(ref message);
        return 0;
    }

    private static ulong ReadVarint(ref ReadOnlyMemory<byte> message)
    {
        var (value, shift) = (0UL, 0);
        while (true)
        {
            var next = message.Span[0];
            message = message[1..];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
                return value;
            shift += 7;
        }
    }
}
