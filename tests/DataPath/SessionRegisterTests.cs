using RecoveryVault.DataPath;
using RecoveryVault.Errors;

namespace RecoveryVault.Tests.DataPath;

public sealed class SessionRegisterTests : IAsyncLifetime, IAsyncDisposable
{
    private readonly SessionRegister _sessions = new("here");
    private readonly InProcessDataPlane _plane = new();
    private readonly Guid _backup = Guid.NewGuid();
    private readonly Guid _restore = Guid.NewGuid();
    private SessionTicket _backupTicket = null!;
    private SessionTicket _restoreTicket = null!;

    public async Task InitializeAsync()
    {
        var stage = new ItemStage();
        _backupTicket = _sessions.Add(_backup, await stage.OpenBackupAsync());
        _restoreTicket = _sessions.Add(_restore, await stage.OpenRestoreAsync());
        _plane.Add(_sessions);
    }

    public Task DisposeAsync() => _sessions.DisposeAsync().AsTask();

    async ValueTask IAsyncDisposable.DisposeAsync() => await DisposeAsync();

    [Fact]
    public async Task Open_AnythingButItsOwnTicket_IsSessionLost()
    {
        SessionTicket[] wrong =
        [
            _backupTicket with
            {
                Token = _restoreTicket.Token,
            },
            _backupTicket with
            {
                Token = [],
            },
            _backupTicket with
            {
                Token = default,
            },
            _backupTicket with
            {
                Token = [.. new byte[32]],
            },
            _backupTicket with
            {
                Token = _backupTicket.Token.RemoveAt(31),
            },
            _backupTicket with
            {
                SessionId = Guid.NewGuid(),
            },
            new SessionTicket(Guid.NewGuid(), "here", [.. new byte[32]]),
            _backupTicket with
            {
                Endpoint = "elsewhere",
            },
            // The other direction.
            _restoreTicket,
        ];

        foreach (var ticket in wrong)
            await BackupSessionTests.RefusedAsync(ErrorCodes.SessionLost, () => _plane.OpenBackupAsync(ticket, default).AsTask());
        await BackupSessionTests.RefusedAsync(ErrorCodes.SessionLost, () => _plane.OpenRestoreAsync(_backupTicket, default).AsTask());
    }

    [Fact]
    public async Task Open_OwnTicket_Opens()
    {
        Assert.NotNull(await _plane.OpenBackupAsync(_backupTicket, default));
        Assert.NotNull(await _plane.OpenRestoreAsync(_restoreTicket, default));
        Assert.True(_backupTicket.Token.AsSpan().SequenceEqual(_sessions.FindTicket(_backup)!.Token.AsSpan()));
    }

    [Fact]
    public async Task End_Session_ClosesItsChannelAndTicket()
    {
        var channel = await _plane.OpenRestoreAsync(_restoreTicket, default);

        await _sessions.EndAsync(_restore);
        await _sessions.EndAsync(_restore);

        await BackupSessionTests.RefusedAsync(ErrorCodes.SessionLost, () => channel.CheckAsync([], default).AsTask());
        await BackupSessionTests.RefusedAsync(ErrorCodes.SessionLost, () => _plane.OpenRestoreAsync(_restoreTicket, default).AsTask());
        Assert.False(_sessions.Contains(_restore));
        Assert.Null(_sessions.FindTicket(_restore));
        Assert.True(_sessions.Contains(_backup));
    }

    [Fact]
    public async Task Open_SiloGone_IsSessionLost()
    {
        _plane.Remove(_sessions);

        await BackupSessionTests.RefusedAsync(ErrorCodes.SessionLost, () => _plane.OpenBackupAsync(_backupTicket, default).AsTask());
    }

    [Fact]
    public void ToString_Ticket_HidesItsToken() =>
        Assert.DoesNotContain(
            Convert.ToHexString(_backupTicket.Token.AsSpan()),
            _backupTicket.ToString(),
            StringComparison.OrdinalIgnoreCase
        );
}
