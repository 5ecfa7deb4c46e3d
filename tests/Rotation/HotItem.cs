using System.Security.Cryptography;
using RecoveryVault.Catalogues;
using RecoveryVault.DataPath;
using RecoveryVault.Errors;
using RecoveryVault.Items;
using RecoveryVault.Jobs;
using RecoveryVault.Tests.Cluster;
using RecoveryVault.Tests.DataPath;

namespace RecoveryVault.Tests.Rotation;

/// <summary>An item in use: a backup session and a restore session are open, and its keys are in some silo's memory.</summary>
internal sealed class HotItem
{
    private readonly IBackupChannel _writer;
    private readonly IRestoreChannel _reader;
    private readonly ChunkRef _stored;

    private readonly Guid _reading;

    private HotItem(
        string name,
        IProtectedItemGrain grain,
        BackupTicket backup,
        RestoreTicket restore,
        (IBackupChannel, IRestoreChannel) channels
    )
    {
        (Name, Grain, Backup) = (name, grain, backup);
        (_reading, _stored) = (restore.Session.SessionId, restore.Catalogue.Node);
        (_writer, _reader) = channels;
    }

    public string Name { get; }

    public IProtectedItemGrain Grain { get; }

    public BackupTicket Backup { get; }

    /// <summary>The silo that hosts it.</summary>
    public string Silo => Backup.Session?.Endpoint ?? "";

    public static async Task<HotItem> OpenAsync(VaultCluster cluster, RotationStage stage, string name)
    {
        var grain = await stage.OpenAsync(name);
        var backup = await grain.BeginBackupAsync(new BeginBackup(Guid.NewGuid()));
        var restore = await grain.BeginRestoreAsync(new BeginRestore(Guid.NewGuid(), null, RestorePurpose.Restore));
        var writer = await cluster.DataPlane.OpenBackupAsync(backup.Session!, CancellationToken.None);
        var reader = await cluster.DataPlane.OpenRestoreAsync(restore.Session, CancellationToken.None);
        return new HotItem(name, grain, backup, restore, (writer, reader));
    }

    /// <summary>Has something opened: "" when plaintext came, else the code of the refusal.</summary>
    public Task<string> ReadAsync() =>
        CodeOfAsync(async () =>
        {
            await foreach (var content in _reader.ReadAsync([_stored], CancellationToken.None))
            {
                Assert.NotEqual(0, content.Plaintext.Length);
                content.Dispose();
            }
        });

    /// <summary>Has something new sealed and stored: "" when that went well, else the code of the refusal.</summary>
    public Task<string> WriteAsync() =>
        CodeOfAsync(async () =>
        {
            await ItemStage.PutAsync(_writer, RandomNumberGenerator.GetBytes(64));
            await _writer.FlushAsync(CancellationToken.None);
        });

    /// <summary>Has the keys' leave asked for, and nothing stored.</summary>
    public Task<string> AskAsync() => CodeOfAsync(async () => await _writer.FindNewAsync([], CancellationToken.None));

    public async Task AbandonAsync()
    {
        await Grain.AbandonBackupAsync(new AbandonBackup(Backup.Session!.SessionId, null));
        await Grain.EndRestoreAsync(new EndRestore(_reading, JobStatus.Cancelled, [], new Dictionary<string, string>()));
    }

    public static async Task<string> CodeOfAsync(Func<Task> call)
    {
        try
        {
            await call();
            return "";
        }
        catch (VaultException e)
        {
            return e.Code;
        }
    }
}
