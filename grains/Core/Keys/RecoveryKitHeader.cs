using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using RecoveryVault.Errors;

namespace RecoveryVault.Keys;

/// <summary>
/// The clear beginning of a recovery kit: ASCII lines ending in LF, the last one empty, hex in lower case. All of it is the sealed part's
/// AAD.
/// <code>
/// RecoveryVault recovery kit
/// version 1
/// store {store id}
/// created {yyyy-MM-ddTHH:mm:ssZ}
/// kdf PBKDF2-HMAC-SHA256 {iterations} {salt, 32 bytes}
/// check {key check value, 32 bytes}
/// seal AES-256-GCM {length of what follows the header, in bytes: ciphertext and 16-byte tag}
/// sha256 {digest of the lines above}
/// </code>
/// </summary>
/// <remarks>
/// The key check value tells a wrong passphrase from damage, and commits to the key. The digest does the same for the header's own bytes:
/// it is against accidents; against forgery there is the seal. A newer version keeps the first two lines.
/// </remarks>
internal sealed partial record RecoveryKitHeader(
    string StoreId,
    DateTimeOffset CreatedOn,
    int Iterations,
    byte[] Salt,
    byte[] Check,
    int BodyLength
)
{
    /// <summary>No header is longer.</summary>
    public const int MaxBytes = 1024;

    private const int Version = 1;
    private const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss'Z'";

    /// <exception cref="ArgumentException">The id has characters or a length that the header cannot hold.</exception>
    public static void RequireStoreId(string storeId)
    {
        if (!StoreIdGrammar().IsMatch(storeId))
            throw new ArgumentException("A store id has 1 to 64 letters, digits, dots, underscores and hyphens.", nameof(storeId));
    }

    public byte[] Encode()
    {
        var lines = string.Create(
            CultureInfo.InvariantCulture,
            $"""
            RecoveryVault recovery kit
            version {Version}
            store {StoreId}
            created {CreatedOn.UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture)}
            kdf PBKDF2-HMAC-SHA256 {Iterations} {Convert.ToHexStringLower(Salt)}
            check {Convert.ToHexStringLower(Check)}
            seal AES-256-GCM {BodyLength}

            """
        );
        return Encoding.ASCII.GetBytes($"{lines}sha256 {Digest(lines)}\n\n");
    }

    /// <summary>Reads the header at the beginning of a kit and says where it ends.</summary>
    /// <exception cref="VaultException">It is no kit, a newer one, or damaged.</exception>
    public static RecoveryKitHeader Parse(ReadOnlySpan<byte> kit, out int length)
    {
        // Every byte becomes one character, so that positions are the same.
        var text = Encoding.Latin1.GetString(kit[..Math.Min(kit.Length, MaxBytes)]);
        var magic = Magic().Match(text);
        if (!magic.Success)
            throw Damaged("it does not begin as one");
        var version = int.Parse(magic.Groups["version"].ValueSpan, CultureInfo.InvariantCulture);
        if (version > Version)
            throw new VaultException(ErrorCodes.RecoveryKitTooNew, $"The recovery kit has version {version}, want {Version}.");
        var header = Grammar().Match(text);
        if (
            !header.Success
            || header.Groups["digest"].Value != Digest(header.Groups["lines"].Value)
            || !TryParseTime(header.Groups["created"].ValueSpan, out var createdOn)
        )
        {
            throw Damaged("its header has changed");
        }
        length = header.Length;
        return new(
            header.Groups["store"].Value,
            createdOn,
            int.Parse(header.Groups["iterations"].ValueSpan, CultureInfo.InvariantCulture),
            Convert.FromHexString(header.Groups["salt"].ValueSpan),
            Convert.FromHexString(header.Groups["check"].ValueSpan),
            int.Parse(header.Groups["length"].ValueSpan, CultureInfo.InvariantCulture)
        );
    }

    public static VaultException Damaged(string why) => new(ErrorCodes.RecoveryKitDamaged, $"The recovery kit cannot be used: {why}.");

    private static bool TryParseTime(ReadOnlySpan<char> text, out DateTimeOffset time) =>
        DateTimeOffset.TryParseExact(text, TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out time);

    private static string Digest(string lines) => Convert.ToHexStringLower(SHA256.HashData(Encoding.Latin1.GetBytes(lines)));

    [GeneratedRegex(@"\A[A-Za-z0-9._-]{1,64}\z", RegexOptions.CultureInvariant)]
    private static partial Regex StoreIdGrammar();

    [GeneratedRegex(@"\ARecoveryVault recovery kit\nversion (?<version>[1-9][0-9]{0,8})\n", RegexOptions.CultureInvariant)]
    private static partial Regex Magic();

    // At most 9,999,999 iterations (some 4 s), so that a forged header cannot hang the program.
    [GeneratedRegex(
        @"\A(?<lines>RecoveryVault recovery kit\nversion 1\nstore (?<store>[A-Za-z0-9._-]{1,64})\n"
            + @"created (?<created>[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z)\n"
            + @"kdf PBKDF2-HMAC-SHA256 (?<iterations>[1-9][0-9]{0,6}) (?<salt>[0-9a-f]{64})\n"
            + @"check (?<check>[0-9a-f]{64})\nseal AES-256-GCM (?<length>[1-9][0-9]{0,8})\n)sha256 (?<digest>[0-9a-f]{64})\n\n",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture
    )]
    private static partial Regex Grammar();
}
