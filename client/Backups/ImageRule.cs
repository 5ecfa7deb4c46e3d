using System.Text;
using RecoveryVault.Catalogues;
using RecoveryVault.Files;

namespace RecoveryVault.Backups;

/// <summary>
/// Which files are disk images, to be cut at fixed places: what lies in an image stays where it is when it changes, so that content-defined
/// cuts would find nothing more and cost time. Every file of an item of kind image, any block device, and any file that calls itself an
/// image and is large.
/// </summary>
internal static class ImageRule
{
    private const long SmallestImage = 64L << 20;

    private static readonly string[] Endings = [".img", ".raw", ".qcow2", ".vhd", ".vhdx", ".vmdk", ".vdi"];

    public static bool IsImage(ContentStream content, ContentKind kind) => content.IsDevice || IsImage(content.Entry, kind);

    public static bool IsImage(CatalogueEntry file, ContentKind kind) =>
        kind == ContentKind.Image
        || (
            file.Size >= SmallestImage
            && Endings.Any(ending => Encoding.UTF8.GetString(file.Path.Name).EndsWith(ending, StringComparison.OrdinalIgnoreCase))
        );
}
