using System.Globalization;
using System.Text.Json;
using RecoveryVault.Catalogues;
using RecoveryVault.Items;
using RecoveryVault.Vaults;

namespace RecoveryVault.Format;

/// <summary>The canonical JSON of <see cref="Manifest"/>.</summary>
internal static class ManifestCodec
{
    private const int MaxNameLength = 128;
    private const int MaxHostLength = 255;
    private const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'";

    /// <summary>The first rule a manifest breaks, as the end of a sentence that begins with it; null when it keeps all.</summary>
    public static string? Violation(Manifest manifest) =>
        manifest.Seq < 1 || (manifest.Seq == 1) != (manifest.PrevHash == HeadHash.None) ? "has no place in a chain"
        : manifest.Kind is < ContentKind.Tree or > ContentKind.Image ? "has no known kind"
        : !IsText(manifest.RecoveryPoint, MaxNameLength) || !IsText(manifest.OperationId, MaxNameLength) ? "has a name of impossible length"
        : manifest.Source.Host.Length > MaxHostLength || manifest.Source.Path.Length > RelativePath.MaxLength
            ? "has a source of impossible length"
        : HasNegative(manifest.Statistics) ? "has negative counts"
        : manifest.Catalogue is not { Level: >= 0 and <= CatalogueLimits.MaxLevel, Node: { Length: >= 1 and <= ChunkRef.MaxLength } }
        || manifest.Catalogue.Node.IsZero
            ? "has an impossible catalogue root"
        : null;

    public static byte[] Encode(Manifest manifest)
    {
        var json = new CanonicalJsonWriter()
            .Begin()
            .Field("format", Manifest.FormatVersion)
            .Field("vaultId", manifest.VaultId.ToString())
            .Field("itemId", manifest.ItemId.ToString())
            .Field("recoveryPoint", manifest.RecoveryPoint)
            .Field("seq", manifest.Seq)
            .Field("prevHash", manifest.PrevHash.ToString())
            .Field("kind", NameOf(manifest.Kind))
            .Field("time", Format(manifest.Time))
            .Field("operationId", manifest.OperationId);
        WriteCatalogue(json, manifest.Catalogue);
        WriteStatistics(json, manifest.Statistics);
        WriteSource(json, manifest.Source);
        return json.Field("retainUntil", manifest.RetainUntil is { } until ? Format(until) : null).End().ToUtf8();
    }

    public static Manifest Decode(ReadOnlySpan<byte> json)
    {
        if (json.Length > Manifest.MaxLength)
            throw new FormatFaultException(FormatFault.Malformed, "The manifest is too long.");
        try
        {
            var manifest = Read(json);
            if (Violation(manifest) is { } violation)
                throw new FormatFaultException(FormatFault.Malformed, $"The manifest {violation}.");
            if (!Encode(manifest).AsSpan().SequenceEqual(json))
                throw new FormatFaultException(FormatFault.Malformed, "The manifest is not canonical.");
            return manifest;
        }
        catch (Exception e) when (e is JsonException or FormatException or OverflowException or InvalidOperationException)
        {
            throw new FormatFaultException(FormatFault.Malformed, "The manifest breaks the format.", e);
        }
    }

    private static Manifest Read(ReadOnlySpan<byte> utf8)
    {
        var json = new CanonicalJsonReader(utf8);
        json.Begin();
        if (json.Number("format") is var version && version > Manifest.FormatVersion)
        {
            throw new FormatFaultException(
                FormatFault.TooNew,
                $"The manifest has format {version}; this program knows format {Manifest.FormatVersion}."
            );
        }
        var manifest = new Manifest
        {
            VaultId = VaultId.Parse(json.Text("vaultId")),
            ItemId = ItemId.Parse(json.Text("itemId")),
            RecoveryPoint = json.Text("recoveryPoint"),
            Seq = json.Number("seq"),
            PrevHash = new(Bytes32.Parse(json.Text("prevHash"))),
            Kind = KindOf(json.Text("kind")),
            Time = ParseTime(json.Text("time")),
            OperationId = json.Text("operationId"),
            Catalogue = ReadCatalogue(ref json),
            Statistics = ReadStatistics(ref json),
            Source = ReadSource(ref json),
            RetainUntil = json.OptionalText("retainUntil") is { } until ? ParseTime(until) : null,
        };
        json.End();
        json.Finish();
        return manifest;
    }

    private static void WriteCatalogue(CanonicalJsonWriter json, CatalogueRoot root) =>
        json.Begin("catalogue")
            .Field("level", root.Level)
            .Field("digest", root.Node.Digest.ToString())
            .Field("length", root.Node.Length)
            .End();

    private static CatalogueRoot ReadCatalogue(ref CanonicalJsonReader json)
    {
        json.Begin("catalogue");
        var level = checked((int)json.Number("level"));
        var root = new CatalogueRoot(level, new(Digest.Parse(json.Text("digest")), checked((int)json.Number("length"))));
        json.End();
        return root;
    }

    private static void WriteStatistics(CanonicalJsonWriter json, ManifestStatistics statistics) =>
        json.Begin("statistics")
            .Field("entries", statistics.Entries)
            .Field("files", statistics.Files)
            .Field("directories", statistics.Directories)
            .Field("bytes", statistics.Bytes)
            .Field("filesUnreadable", statistics.FilesUnreadable)
            .Field("entriesExcluded", statistics.EntriesExcluded)
            .End();

    private static ManifestStatistics ReadStatistics(ref CanonicalJsonReader json)
    {
        json.Begin("statistics");
        var statistics = new ManifestStatistics(
            json.Number("entries"),
            json.Number("files"),
            json.Number("directories"),
            json.Number("bytes"),
            json.Number("filesUnreadable"),
            json.Number("entriesExcluded")
        );
        json.End();
        return statistics;
    }

    private static void WriteSource(CanonicalJsonWriter json, ManifestSource source) =>
        json.Begin("source")
            .Field("host", source.Host)
            .Field("path", Convert.ToHexStringLower(source.Path.Span))
            .Field("display", new RelativePath(source.Path).ToString())
            .End();

    private static ManifestSource ReadSource(ref CanonicalJsonReader json)
    {
        json.Begin("source");
        var source = new ManifestSource(json.Text("host"), Convert.FromHexString(json.Text("path")));
        json.Text("display");
        json.End();
        return source;
    }

    private static string NameOf(ContentKind kind) =>
        kind switch
        {
            ContentKind.Tree => "tree",
            ContentKind.Stream => "stream",
            _ => "image",
        };

    private static ContentKind KindOf(string name) =>
        name switch
        {
            "tree" => ContentKind.Tree,
            "stream" => ContentKind.Stream,
            "image" => ContentKind.Image,
            _ => throw new FormatFaultException(FormatFault.TooNew, "The manifest has a kind of content that this program does not know."),
        };

    private static string Format(DateTimeOffset time) => time.UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture);

    private static DateTimeOffset ParseTime(string text) =>
        DateTimeOffset.ParseExact(text, TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);

    private static bool HasNegative(ManifestStatistics statistics) =>
        statistics is not { Entries: >= 0, Files: >= 0, Directories: >= 0, Bytes: >= 0, FilesUnreadable: >= 0, EntriesExcluded: >= 0 };

    private static bool IsText(string text, int maxLength) => text.Length >= 1 && text.Length <= maxLength;
}
