using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;

namespace RecoveryVault.Vaults;

/// <summary>A vault's identity: 16 random bytes given at creation and never reused, written as 32 lower-case hex digits.</summary>
[GenerateSerializer, Immutable, Alias("rv.VaultId")]
public readonly record struct VaultId([property: Id(0)] UInt128 Value)
{
    /// <summary>The length of the binary form in bytes.</summary>
    public const int SizeBytes = 16;

    /// <summary>A fresh random id.</summary>
    public static VaultId Create() => new(BinaryPrimitives.ReadUInt128BigEndian(RandomNumberGenerator.GetBytes(SizeBytes)));

    /// <summary>Reads 32 hex digits.</summary>
    /// <exception cref="FormatException">The text is not 32 hex digits.</exception>
    public static VaultId Parse(string text) =>
        text.Length == 2 * SizeBytes
            ? new(UInt128.Parse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture))
            : throw new FormatException("A vault id is 32 hex digits.");

    /// <summary>Writes the 16 bytes, most significant first (the order of the hex digits).</summary>
    public void WriteTo(Span<byte> destination) => BinaryPrimitives.WriteUInt128BigEndian(destination, Value);

    /// <inheritdoc/>
    public override string ToString() => Value.ToString("x32", CultureInfo.InvariantCulture);
}
