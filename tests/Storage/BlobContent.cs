using System.Buffers;
using System.Text;
using RecoveryVault.Storage;

namespace RecoveryVault.Tests.Storage;

/// <summary>Contents for blobs in tests, and short ways to put and get them.</summary>
internal static class BlobContent
{
    /// <summary>Text as content.</summary>
    public static ReadOnlySequence<byte> Of(string text) => new(Encoding.UTF8.GetBytes(text));

    /// <summary>
    /// Content that shows whether it is whole: its first byte names the version and every byte follows from it and its place.
    /// </summary>
    public static byte[] Version(byte version, int length)
    {
        var content = new byte[length];
        for (var i = 0; i < length; i++)
            content[i] = (byte)(version + (i * 31));
        return content;
    }

    /// <summary>The version of a content made by <see cref="Version"/>.</summary>
    public static byte RequireWhole(ReadOnlySpan<byte> content)
    {
        var version = content[0];
        Assert.True(content.SequenceEqual(Version(version, content.Length)), $"a blob of version {version} holds something else");
        return version;
    }

    public static Task<string> PutTextAsync(this IBlobStore store, string name, string text, PutCondition condition = default) =>
        store.PutAsync(name, Of(text), condition);

    public static async Task<string?> GetTextAsync(this IBlobStore store, string name) =>
        await store.GetAsync(name) is { } blob ? Encoding.UTF8.GetString(blob.Content.Span) : null;

    /// <summary>All names of a listing, read in pages.</summary>
    public static async Task<List<string>> ListNamesAsync(
        this IBlobStore store,
        string prefix = "",
        string? after = null,
        int pageSize = 5000
    )
    {
        List<string> names = [];
        for (var page = await store.ListAsync(prefix, after, pageSize); ; page = await store.ListAsync(prefix, page.Next, pageSize))
        {
            names.AddRange(page.Items.Select(item => item.Name));
            if (page.Next is null)
                return names;
        }
    }

    /// <summary>The store's refusal of a call.</summary>
    public static async Task<BlobStoreException> RefusedAsync(BlobError expected, Func<Task> call)
    {
        var error = await Assert.ThrowsAsync<BlobStoreException>(call);
        Assert.Equal(expected, error.Error);
        return error;
    }
}
