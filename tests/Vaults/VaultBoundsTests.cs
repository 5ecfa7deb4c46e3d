using System.Text.Json;
using RecoveryVault.Catalogues;
using RecoveryVault.Errors;
using RecoveryVault.Items;
using RecoveryVault.Keys;
using RecoveryVault.Records;
using RecoveryVault.Storage;
using RecoveryVault.Vaults;
using static RecoveryVault.Tests.Vaults.VaultSamples;

namespace RecoveryVault.Tests.Vaults;

/// <summary>Records stay within 256 KiB at every limit at once, and the limits are refused with a code.</summary>
public sealed class VaultBoundsTests
{
    /// <summary>The longest host that can be told from a key vault's, and the character that takes most bytes in JSON.</summary>
    private static readonly string LongHost = string.Join('.', Enumerable.Repeat(new string('h', 62), 4));

    private static CreateVault Longest =>
        new()
        {
            OperationId = Guid.NewGuid(),
            Name = new string('n', 50),
            Location = new string('語', 64),
            ResourceGroup = new string('語', 90),
            SubscriptionId = new string('語', 64),
            Tags = Enumerable
                .Range(0, VaultRecord.MaxTags)
                .ToDictionary(i => $"{i:d2}" + new string('語', 254), _ => new string('語', 256)),
        };

    [Fact]
    public void VaultRecord_AtEveryLimit_Fits()
    {
        var vault = VaultRecord.Create(VaultId.Create(), Longest, new string('t', 36), "platform:1", Now).WithIdentity();
        for (var i = 0; i < EncryptionSettings.MaxHistory + 10; i++)
            vault = vault.Announce($"https://{LongHost}:65535/keys/{new string('k', 127)}/{i:x32}", new string('f', 64), Now);
        vault = vault with { Roster = [.. Enumerable.Range(0, VaultRecord.MaxItems).Select(_ => ItemId.Create())] };
        vault = vault.Announce($"https://{LongHost}:65535/keys/{new string('k', 127)}/{99:x32}", new string('f', 64), Now);
        vault = vault.Attempt(Guid.NewGuid(), Now) with { RotationJobId = Guid.NewGuid(), LastPolledAt = Now };
        for (var i = 0; i < VaultRecord.MaxRecentOperations + 5; i++)
            vault = vault.Remember(Guid.NewGuid(), Guid.NewGuid());
        var key = $"https://{LongHost}:65535/keys/{new string('k', 127)}/{99:x32}";
        for (var i = 0; i < VaultRecord.MaxOwed; i++)
            vault = vault.Owe(new(Guid.NewGuid(), Guid.NewGuid(), true, "UpdateEncryption", new string('c', 100), Now, Details(key)));
        for (var i = 0; i < VaultRecord.MaxPolicies; i++)
            vault = vault.CreatePolicy(
                new()
                {
                    OperationId = Guid.NewGuid(),
                    Name = $"{i:d2}" + new string('p', 62),
                    Last = 36_525,
                    Daily = 36_525,
                    Weekly = 36_525,
                    Monthly = 36_525,
                    Yearly = 36_525,
                }
            );
        vault = vault with { Descriptor = new RecordRef(new string('d', 80), new string('0', 64)) };

        Assert.InRange(new RecordSerializer().Serialize(vault).ToMemory().Length, 150_000, RecordSerializer.MaxRecordBytes);
        Assert.Equal(EncryptionSettings.MaxHistory, vault.Settings.Encryption.History.Length);
        Assert.InRange(
            JsonSerializer
                .SerializeToUtf8Bytes(new VaultDescriptor(vault.VaultId, 1, vault.Settings), RecordJson.Default.VaultDescriptor)
                .Length,
            1,
            1 << 20
        );
    }

    private static System.Collections.Immutable.ImmutableSortedDictionary<string, string> Details(string key) =>
        System
            .Collections.Immutable.ImmutableSortedDictionary<string, string>.Empty.Add("oldKeyId", key)
            .Add("newKeyId", key)
            .Add("keyUri", key);

    [Fact]
    public void ItemRecord_WithTheLongestSource_Fits()
    {
        foreach (var c in "a語\n")
        {
            var source = new ItemSource
            {
                Path = "/",
                Host = "h",
                Kind = ContentKind.Tree,
                Excludes = [.. Enumerable.Repeat(new string(c, 2048), 31)],
            };
            if (CodeOf(source.RequireBounded) is { } refused)
            {
                Assert.Equal(ErrorCodes.InvalidRequest, refused);
                source = source with { Excludes = [.. source.Excludes.Take(15)] };
                source.RequireBounded();
            }
            var settings = new ItemSettings
            {
                Name = new string('n', 128),
                Source = source,
                State = ProtectionState.Protected,
                CreatedAt = Now,
            };
            var item = ItemRecord.Enrolled(new ItemKey(VaultId.Create(), ItemId.Create()), 1).Protect(settings);
            item = item with { Heads = [.. Enumerable.Repeat(Head, ItemRecord.MaxHeads)] };
            Assert.InRange(new RecordSerializer().Serialize(item).ToMemory().Length, 1, RecordSerializer.MaxRecordBytes);
        }
    }

    private static RecoveryPointHead Head =>
        new()
        {
            Name = new string('r', 40),
            Seq = long.MaxValue,
            Time = Now,
            HeadHash = new string('0', 64),
            PrevHash = new string('0', 64),
            Manifest = new string('m', 150),
            Statistics = new BackupStatistics(),
            KeyIdAtBackup = new string('k', KeyId.MaxLength),
            OperationId = Guid.NewGuid(),
            JobId = Guid.NewGuid(),
            BytesNew = long.MaxValue,
            BytesStored = long.MaxValue,
        };

    [Fact]
    public void Enrol_BeyondTheLimit_IsRefusedAndChangesNothing()
    {
        var vault = New() with { Roster = [.. Enumerable.Range(0, VaultRecord.MaxItems).Select(_ => ItemId.Create())] };

        Assert.Equal(ErrorCodes.ItemLimitReached, CodeOf(() => vault.Enrol(ItemId.Create())));
        Assert.Same(vault, vault.Enrol(vault.Roster[7]));
    }

    [Fact]
    public void Create_BeyondALimit_IsRefused()
    {
        Assert.Null(CodeOf(() => VaultRecord.Require(Longest)));
        CreateVault[] wrong =
        [
            Longest with
            {
                Location = "",
            },
            Longest with
            {
                Location = new string('x', 65),
            },
            Longest with
            {
                Location = "west\neurope",
            },
            Longest with
            {
                ResourceGroup = new string('x', 91),
            },
            Longest with
            {
                SubscriptionId = new string('x', 65),
            },
            Longest with
            {
                Tags = Enumerable.Range(0, 16).ToDictionary(i => $"{i}", i => ""),
            },
            Longest with
            {
                Tags = new Dictionary<string, string> { [""] = "" },
            },
            Longest with
            {
                Tags = new Dictionary<string, string> { ["a"] = new string('x', 257) },
            },
        ];
        Assert.All(wrong, request => Assert.Equal(ErrorCodes.InvalidRequest, CodeOf(() => VaultRecord.Require(request))));
        Assert.Equal(ErrorCodes.InvalidName, CodeOf(() => VaultRecord.Require(Longest with { Name = "1abc" })));
        Assert.Equal(ErrorCodes.InvalidRequest, CodeOf(() => New().Delete(new string('x', 1025), [])));
    }
}
