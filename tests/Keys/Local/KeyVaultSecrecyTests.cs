using System.Buffers;
using System.Text;
using RecoveryVault.Storage;

namespace RecoveryVault.Tests.Keys.Local;

/// <summary>No private key and no unwrapped byte in what is printed, and none left in the buffers of the store.</summary>
public sealed class KeyVaultSecrecyTests
{
    private const string KeyBlob = "keys/kv1/kek.json";

    private static readonly byte[] Material = Encoding.ASCII.GetBytes("<the data encryption key itself>");

    [Fact]
    public async Task WhatIsPrinted_HoldsNoSecret()
    {
        var stage = await KeyVaultStage.CreateAsync();
        var bundle = await stage.CreateRsaAsync();
        var record = await ReadAsync(stage);
        var id = KeyVaultStage.IdOf(bundle);
        var wrapped = (await stage.Owner.WrapKeyAsync(id, Material)).EncryptedKey;
        using var unwrapped = await stage.Owner.UnwrapKeyAsync(id, wrapped);
        var printed = new List<string>
        {
            bundle.ToString(),
            unwrapped.ToString(),
            stage.Owner.ToString() ?? "",
            stage.Vaults.ToString() ?? "",
            (await stage.Owner.GetKeyAsync("kek", null)).ToString(),
        };
        wrapped[7] ^= 1;
        printed.Add(await PrintAsync(() => stage.Owner.UnwrapKeyAsync(id, wrapped)));
        printed.Add(await PrintAsync(() => stage.Principal.UnwrapKeyAsync(id, wrapped)));
        byte[] tooLong = [.. Enumerable.Repeat(Material, 9).SelectMany(bytes => bytes)];
        printed.Add(await PrintAsync(() => stage.Owner.WrapKeyAsync(id, tooLong)));
        foreach (var damaged in Damage(record))
        {
            await stage.Store.PutAsync(KeyBlob, new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes(damaged)), PutCondition.Always);
            var failed = await PrintAsync(() => stage.Owner.UnwrapKeyAsync(id, wrapped));
            Assert.Contains("could not use its store", failed, StringComparison.Ordinal);
            printed.Add(failed);
            printed.Add(await PrintAsync(() => stage.Owner.RotateKeyAsync("kek")));
        }
        var everything = string.Join('\n', printed);
        Assert.All(SecretsOf(record), secret => Assert.DoesNotContain(secret, everything, StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public void Scan_FindsAPrivateKey()
    {
        const string Record = """{"privateKey":"ABCDEFGHIJKLMNOPQRSTUVWXYZ"}""";
        Assert.Contains(SecretsOf(Record), secret => "leaked: MNOPQRSTUVWXYZ and more".Contains(secret, StringComparison.Ordinal));
    }

    [Fact]
    public async Task BuffersOfTheStore_AreZeroed()
    {
        var store = new InterposedBlobStore();
        var stage = await KeyVaultStage.CreateAsync(store: store);
        var id = KeyVaultStage.IdOf(await stage.CreateRsaAsync());
        (await stage.Owner.UnwrapKeyAsync(id, (await stage.Owner.WrapKeyAsync(id, Material)).EncryptedKey)).Dispose();
        await stage.Owner.RotateKeyAsync("kek");
        await stage.Owner.UpdateKeyAsync("kek", null, new() { Enabled = false });
        await stage.Owner.ListKeysAsync();
        await stage.Owner.DeleteKeyAsync("kek");
        Assert.True(store.Buffers.Count > 15);
        Assert.All(store.Buffers, buffer => Assert.True(buffer.AsSpan().IndexOfAnyExcept((byte)0) < 0));
    }

    private static IEnumerable<string> Damage(string record)
    {
        var at = record.IndexOf("\"privateKey\":\"", StringComparison.Ordinal) + "\"privateKey\":\"".Length;
        yield return record[..(at + 400)];
        yield return record.Insert(at + 400, "!");
        yield return record.Insert(at + 400, "\n");
        yield return record.Remove(at, 4);
        yield return record.Insert(at, "AAAA");
    }

    // Any 12 characters of the private key as it is kept, and the material as text, hex and base64.
    private static List<string> SecretsOf(string record)
    {
        var at = record.IndexOf("\"privateKey\":\"", StringComparison.Ordinal) + "\"privateKey\":\"".Length;
        var privateKey = record[at..record.IndexOf('"', at)];
        return
        [
            .. Enumerable.Range(0, privateKey.Length - 12).Select(i => privateKey.Substring(i, 12)),
            Encoding.ASCII.GetString(Material, 4, 12),
            Convert.ToHexString(Material)[8..24],
            Convert.ToBase64String(Material)[4..20],
        ];
    }

    // A rotation does not look into the versions that are there, and succeeds although one is damaged inside.
    private static async Task<string> PrintAsync(Func<Task> call) => (await Record.ExceptionAsync(call))?.ToString() ?? "";

    private static async Task<string> ReadAsync(KeyVaultStage stage)
    {
        var blob = await stage.Store.GetAsync(KeyBlob) ?? throw new InvalidOperationException("There is no such key.");
        return Encoding.UTF8.GetString(blob.Content.Span);
    }
}
