using RecoveryVault.Backups;
using RecoveryVault.Catalogues;
using RecoveryVault.DataPath;
using RecoveryVault.Errors;
using RecoveryVault.Items;
using RecoveryVault.Restores;
using RecoveryVault.Tests.Storage;
using RecoveryVault.Vaults;

namespace RecoveryVault.Tests;

/// <summary>What fails first is what the user hears, whatever fails while cleaning up; that goes along as a note.</summary>
public sealed class FirstFailureTests
{
    private const string Second = "the silo does not answer";

    private readonly VaultClient _client = new(AnsweringProxy.Of<IGrainFactory>(_ => null), new BrokenDataPlane(), TimeProvider.System);

    public static TheoryData<string> SecondFailures => [.. Seconds.Keys];

    private static readonly Dictionary<string, Exception> Seconds = new()
    {
        ["timeout"] = new TimeoutException(Second),
        ["orleans"] = new OrleansException(Second),
        ["refusal"] = new VaultException(ErrorCodes.SessionLost, Second),
        ["fault"] = new InvalidOperationException(Second),
        ["cancelled"] = new TaskCanceledException(Second),
    };

    private static SessionTicket Session => new(Guid.NewGuid(), "here", [.. new byte[32]]);

    [Theory]
    [MemberData(nameof(SecondFailures))]
    public async Task BackUp_AbandonFailsToo_FirstFailureReachesTheUser(string second)
    {
        var item = AnsweringProxy.Of<IProtectedItemGrain>(method =>
            method switch
            {
                nameof(IProtectedItemGrain.BeginBackupAsync) => Task.FromResult(new BackupTicket(Guid.NewGuid(), Session, Source, null)),
                _ => throw Seconds[second],
            }
        );
        Requires(await Assert.ThrowsAsync<VaultException>(() => _client.BackUpAsync(item, new BackupOptions())));
    }

    [Theory]
    [MemberData(nameof(SecondFailures))]
    public async Task Verify_EndFailsToo_FirstFailureReachesTheUser(string second)
    {
        var item = Reading(second);
        Requires(await Assert.ThrowsAsync<VaultException>(() => _client.VerifyAsync(item, new VerifyOptions())));
    }

    [Theory]
    [MemberData(nameof(SecondFailures))]
    public async Task Restore_EndFailsToo_FirstFailureReachesTheUser(string second)
    {
        using var scratch = new ScratchDirectory();
        var options = new RestoreOptions { Target = scratch["target"] };
        Requires(await Assert.ThrowsAsync<VaultException>(() => _client.RestoreAsync(Reading(second), options)));
    }

    [Theory]
    [MemberData(nameof(SecondFailures))]
    public async Task ListFiles_EndFailsToo_FirstFailureReachesTheUser(string second)
    {
        var listing = _client.ListFilesAsync(Reading(second), null, default).GetAsyncEnumerator();
        var first = await Assert.ThrowsAsync<VaultException>(async () => await listing.MoveNextAsync());
        Assert.Equal(BrokenDataPlane.Code, first.Code);
    }

    [Theory]
    [MemberData(nameof(SecondFailures))]
    public async Task Protect_VaultDoesNotHearOfIt_FirstFailureReachesTheUser(string second)
    {
        using var scratch = new ScratchDirectory();
        var vault = AnsweringProxy.Of<IVaultGrain>(method =>
            method switch
            {
                nameof(IVaultGrain.AttemptProtectionAsync) => Task.FromResult(new ProtectionTicket(ItemId.Create(), Guid.NewGuid())),
                _ => throw Seconds[second],
            }
        );
        var named = new NamedVault(VaultId.Create(), vault, null!, null!, null!);
        var source = Source with { Path = scratch["missing"] };
        var first = await Assert.ThrowsAsync<VaultException>(() => VaultClient.ProtectAsync(named, "i", source));
        Requires(first, ErrorCodes.SourceNotFound);
    }

    private static ItemSource Source =>
        new()
        {
            Path = "/",
            Host = "here",
            Kind = ContentKind.Tree,
        };

    private static void Requires(VaultException first, string code = BrokenDataPlane.Code)
    {
        Assert.Equal(code, first.Code);
        Assert.Contains(Second, Assert.Single(FailureNotes.Of(first)), StringComparison.Ordinal);
    }

    private static RecoveryPointSummary Point =>
        new()
        {
            Name = "20261129T120000Z-1",
            Time = default,
            Seq = 1,
            HeadHash = "",
            PrevHash = "",
            SizeBytes = 0,
            Files = 0,
            FilesUnreadable = 0,
            KeyVersion = "",
            KeyVersionAtBackup = "",
        };

    private static IProtectedItemGrain Reading(string second) =>
        AnsweringProxy.Of<IProtectedItemGrain>(method =>
            method switch
            {
                nameof(IProtectedItemGrain.BeginRestoreAsync) => Task.FromResult(
                    new RestoreTicket
                    {
                        JobId = null,
                        Session = Session,
                        RecoveryPoint = Point,
                        Catalogue = new CatalogueRoot(0, new ChunkRef(Digest.Of("root"u8), 100)),
                        Source = Source,
                        Statistics = new BackupStatistics(),
                    }
                ),
                _ => throw Seconds[second],
            }
        );

    private sealed class BrokenDataPlane : IDataPlane
    {
        public const string Code = ErrorCodes.StoreFull;

        public ValueTask<IBackupChannel> OpenBackupAsync(SessionTicket ticket, CancellationToken cancellation) =>
            throw new VaultException(Code, "No room.");

        public ValueTask<IRestoreChannel> OpenRestoreAsync(SessionTicket ticket, CancellationToken cancellation) =>
            throw new VaultException(Code, "No room.");
    }
}
