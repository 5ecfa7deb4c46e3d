using System.Globalization;
using RecoveryVault.Format;
using RecoveryVault.Items;
using RecoveryVault.Keys;
using RecoveryVault.Vaults;

namespace RecoveryVault.Tests.Format;

/// <summary>
/// A frozen vector: lines "name: value", continued on lines that begin with a blank, '#' for remarks. What begins with "expect" was
/// computed once, and checked by a second implementation where one exists; it is never computed again.
/// </summary>
internal sealed class VectorFile
{
    private readonly List<(string Name, string Value)> _fields = [];

    public VectorFile(string name)
    {
        foreach (var line in File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Format", "Vectors", name)))
        {
            if (line.StartsWith('#') || line.Length == 0)
                continue;
            if (line.StartsWith(' '))
                _fields[^1] = (_fields[^1].Name, _fields[^1].Value + line.Trim());
            else
                _fields.Add(Split(line, line.IndexOf(':', StringComparison.Ordinal)));
        }
    }

    public string this[string name] => All(name).Single();

    public IEnumerable<string> All(string name) => _fields.Where(field => field.Name == name).Select(field => field.Value);

    public byte[] Bytes(string name) => Convert.FromHexString(this[name]);

    public uint Number(string name) => uint.Parse(this[name], CultureInfo.InvariantCulture);

    public Bytes32 Id(string name) => Bytes32.Parse(this[name]);

    public DataKey Dek()
    {
        var (vault, item, epoch) = (VaultId.Parse(this["vault"]), ItemId.Parse(this["item"]), Number("epoch"));
        var commitment = FormatSamples.Commitment(Bytes("dek"), vault, item, epoch);
        return DataKey.Open(vault, item, epoch, SecretBytes.CopyOf(Bytes("dek")), commitment);
    }

    public PlatformKey? Platform() =>
        All("platform-key").Any() ? new(Number("platform-key-id"), SecretBytes.CopyOf(Bytes("platform-key"))) : null;

    private static (string Name, string Value) Split(string line, int colon) => (line[..colon], line[(colon + 1)..].Trim());
}
