using System.Buffers;
using RecoveryVault.Errors;
using RecoveryVault.Items;
using RecoveryVault.Records;
using RecoveryVault.Storage;

namespace RecoveryVault.Tests.Model;

internal sealed partial class ModelRun
{
    /// <summary>Past every condition, as whoever owns the store may.</summary>
    public Task WriteRawAsync(string name, byte[] content) =>
        cluster.Blobs.PutAsync(name, new ReadOnlySequence<byte>(content), PutCondition.Always);

    /// <summary>Codes by which damage is told.</summary>
    private static HashSet<string> DamageCodes =>
        [
            .. Alarms,
            ErrorCodes.DataTooNew,
            ErrorCodes.CatalogueTooNew,
            ErrorCodes.StoreTooNew,
            ErrorCodes.ItemNotFound,
            ErrorCodes.RecoveryPointNotFound,
            ErrorCodes.RestoreIncomplete,
        ];

    /// <summary>Somebody changes what is stored; it is found or does not matter; then it is put right, and all is as before.</summary>
    private async Task TamperAsync(ItemLedger item, Step step)
    {
        if (_pending.Count > 0 || _isDuplicated || !Keys.AreAllHealthy)
            return;
        var names = await NamesOfAsync(item);
        var name = names[step.C % names.Count];
        var folder = name[..(name.LastIndexOf('/') + 1)];
        var original = (await cluster.Blobs.GetAsync(name))!.Content.ToArray();
        await DamageAsync(name, original, names.Where(n => n != name && n.StartsWith(folder, StringComparison.Ordinal)).ToList(), step);
        await DeactivateAsync();
        if (name.StartsWith("log/", StringComparison.Ordinal))
            await RequireLogFaultAsync(name);
        else
            await RequireNothingWrongReadAsync(item);
        await WriteRawAsync(name, original);
        await DeleteMarksAsync(item);
        await DeactivateAsync();
    }

    private async Task<List<string>> NamesOfAsync(ItemLedger item)
    {
        var id = item.Key.ItemId;
        List<string> names = [GrainRecords.ItemBlob(item.Key)];
        string[] folders =
        [
            ItemBlobs.Packs(id),
            ItemBlobs.IndexRuns(id),
            ItemBlobs.Manifests(id).TrimEnd('/'),
            ItemBlobs.Heads(id),
            ItemBlobs.Rings(id),
            ItemBlobs.Descriptors(id),
            ItemBlobs.Tombstones(id),
            $"log/{VaultId}",
        ];
        foreach (var folder in folders)
        await foreach (var blob in cluster.Blobs.ListAllAsync($"{folder}/"))
            names.Add(blob.Name);
        return names;
    }

    private async Task DamageAsync(string name, byte[] original, List<string> others, Step step)
    {
        var damaged = original.ToArray();
        switch (step.B % 4)
        {
            case 0:
                await cluster.Blobs.DeleteAsync(name);
                return;
            case 1 when others.Count > 0:
                damaged = (await cluster.Blobs.GetAsync(others[step.A % others.Count]))!.Content.ToArray();
                break;
            case 2:
                damaged = damaged[..(step.A % damaged.Length)];
                break;
            default:
                damaged[step.A % damaged.Length] ^= (byte)(1 << (step.C & 7));
                break;
        }
        await WriteRawAsync(name, damaged);
    }

    private async Task RequireNothingWrongReadAsync(ItemLedger item)
    {
        var isFound = false;
        foreach (var point in item.Available.ToList())
        {
            var (outcome, content) = await ReadAsync(cluster.Client, item, point.Receipt.Name);
            isFound |= !outcome.IsSuccess;
            if (outcome.Code is { } code && !DamageCodes.Contains(code))
                throw new InvariantBrokenException($"I11 Loud: damage of '{item.Name}' is told as {outcome}.");
            if (content is not null)
                Invariants.I12_I13_OnlyWhatWasBackedUp(item, point, content);
        }
        tally.Meet(isFound ? Situation.TamperFound : Situation.TamperWithoutEffect);
    }

    /// <summary>A removed end is found only by who remembers more; all else the chain tells.</summary>
    private async Task RequireLogFaultAsync(string name)
    {
        var fault = await Invariants.FindLogFaultAsync(Vault);
        var isEnd = !await cluster.Blobs.ListAllAsync($"log/{VaultId}/", name).AnyAsync();
        if (fault is null && !isEnd)
            throw new InvariantBrokenException($"I17 AuditComplete: '{name}' was tampered with, and the log verifies.");
        if (fault is not null)
            tally.Meet(Situation.LogTamperFound);
    }

    /// <summary>Marks of damage that is none any more; who reads does not mind them.</summary>
    private async Task DeleteMarksAsync(ItemLedger item)
    {
        foreach (var mark in await cluster.Blobs.ListAllAsync($"{ItemBlobs.DamagedPacks(item.Key.ItemId)}/").ToListAsync())
            await cluster.Blobs.DeleteAsync(mark.Name);
    }
}
