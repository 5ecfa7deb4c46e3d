using Microsoft.Extensions.Time.Testing;
using RecoveryVault.Records;
using RecoveryVault.Rotation;
using RecoveryVault.Vaults;

namespace RecoveryVault.Tests.Telemetry;

/// <summary>Gauges of what goes on for long: rotations and owed notes.</summary>
public sealed class ProgressMeterTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void Rotation_FromItsStartToItsEnd_IsOfAnAgeAndAState()
    {
        using var gauges = new ObservedGauges();
        var (vault, since) = (VaultId.Create(), _time.GetUtcNow() - TimeSpan.FromDays(1000));
        RotationMeter.Report(vault, since, 1_000_000, _time);
        Assert.InRange(gauges["rvault.rotation.items_left"], 1_000_000, 2_000_000);
        Assert.Equal(1000, TimeSpan.FromSeconds(gauges["rvault.rotation.oldest.age"]).TotalDays, 3);
        var running = gauges["rvault.rotation.vaults running"];

        RotationMeter.Halt(vault, since, RotationMeter.Blocked, _time);
        Assert.Equal(running - 1, gauges["rvault.rotation.vaults running"]);
        Assert.InRange(gauges["rvault.rotation.items_left"], 1_000_000, 2_000_000);
        Assert.InRange(gauges["rvault.rotation.vaults blocked"], 1, 100);

        RotationMeter.Report(vault, since, 0, _time);
        Assert.InRange(gauges["rvault.rotation.items_left"], 0, 999_999);
    }

    [Fact]
    public void Rotation_NotHeardOfAnyMore_IsAnotherSilos()
    {
        using var gauges = new ObservedGauges();
        RotationMeter.Report(VaultId.Create(), null, 5_000_000, _time);
        Assert.InRange(gauges["rvault.rotation.items_left"], 5_000_000, 6_000_000);

        _time.Advance((3 * PollRules.Period) + TimeSpan.FromSeconds(1));

        Assert.InRange(gauges["rvault.rotation.items_left"], 0, 4_999_999);
    }

    [Fact]
    public void Notes_ThatCannotBePaid_AreOwedUntilTheyAre()
    {
        using var gauges = new ObservedGauges();
        OwedMeter.Tried("v", 3000, _time);
        Assert.InRange(gauges["rvault.notes.owed"], 3000, 3999);

        OwedMeter.Tried("v", 0, _time);

        Assert.InRange(gauges["rvault.notes.owed"], 0, 2999);
    }
}
