using System.Collections.Immutable;
using RecoveryVault.Alerts;
using RecoveryVault.Errors;
using RecoveryVault.Keys;
using RecoveryVault.Tests.Vaults;
using RecoveryVault.Vaults;
using static RecoveryVault.Tests.Vaults.VaultSamples;

namespace RecoveryVault.Tests.Alerts;

/// <summary>What a look at a key raises, and what only time does.</summary>
public sealed class AlertRulesTests
{
    private static VaultRecord Vault(bool pinned = false) =>
        New().WithIdentity().WithKey(uri: pinned ? Key.WithVersion(FirstVersion) : null);

    private static KeyLook Look(KeyFacts? facts = null, DateTimeOffset? at = null, params VersionLook[] leaving) =>
        new(at ?? Now, facts ?? FactsOf(FirstVersion), [.. leaving], IsAnswered: true);

    private static List<AlertCondition> Seen(KeyLook look, VaultRecord? vault = null) => [.. AlertRules.Seen(vault ?? Vault(), look)];

    private static OwedNote Note(VaultAlert alert, bool isRaised) =>
        new(
            Guid.NewGuid(),
            alert.AlertId,
            false,
            isRaised ? "raised" : "resolved",
            "system",
            Now,
            ImmutableSortedDictionary<string, string>.Empty.Add("alert", alert.Name)
        );

    private static VaultRecord Noted(VaultRecord vault, KeyLook look) => vault.NoteLook(vault, look, Note);

    private static KeyFacts Refusing(KeyVaultFault unwrap) =>
        FactsOf(FirstVersion) with
        {
            WrapFault = Fault(unwrap),
            UnwrapFault = Fault(unwrap),
        };

    [Fact]
    public void Seen_KeyThatIsAsItShouldBe_IsNothing() => Assert.Empty(Seen(Look()));

    [Theory]
    [InlineData(KeyVaultFault.KeyDisabled, ErrorCodes.UserErrorCMKKeyDisabled)]
    [InlineData(KeyVaultFault.KeyNotFound, ErrorCodes.UserErrorCMKKeyVaultAuthFailure)]
    [InlineData(KeyVaultFault.ForbiddenByFirewall, ErrorCodes.UserErrorCMKKeyVaultAuthFailure)]
    [InlineData(KeyVaultFault.NoPermission, ErrorCodes.UserErrorCMKMissingMangedIdentityPermissionOnKeyVault)]
    [InlineData(KeyVaultFault.OperationForbidden, ErrorCodes.UserErrorCMKKeyOperationNotPermitted)]
    public void Seen_UnwrapIsRefused_IsOneCriticalAlertWithCodeEffectAndWayBack(KeyVaultFault fault, string code)
    {
        var alert = Assert.Single(Seen(Look(Refusing(fault))));

        Assert.Equal((AlertNames.KeyDenied, AlertSeverity.Critical, code), (alert.Name, alert.Severity, alert.Code));
        Assert.Contains("Nothing can be backed up, restored", alert.Description, StringComparison.Ordinal);
        Assert.NotEmpty(alert.Recommendation);
    }

    [Fact]
    public void Seen_ExpiredKey_SaysThatRestoresGoOn()
    {
        var expired = FactsOf(FirstVersion).With(p => p with { ExpiresOn = Now }) with { WrapFault = Fault(KeyVaultFault.KeyExpired) };

        var alert = Assert.Single(Seen(Look(expired)));

        Assert.Equal((AlertNames.KeyDenied, ErrorCodes.UserErrorCMKKeyExpired), (alert.Name, alert.Code));
        Assert.Contains("Backups stop; restores go on.", alert.Description, StringComparison.Ordinal);
        Assert.Contains("rvault keyvault key rotate --vault-name kv1 --name kek", alert.Recommendation, StringComparison.Ordinal);
    }

    [Fact]
    public void Seen_NoIdentity_IsDenied()
    {
        var vault = Vault() is var v ? v with { Settings = v.Settings with { SystemPrincipalId = null } } : v;

        var alert = Assert.Single(Seen(new KeyLook(Now, null, [], true), vault));

        Assert.Equal((AlertNames.KeyDenied, ErrorCodes.UserErrorCMKVaultIdentityMissing), (alert.Name, alert.Code));
    }

    [Fact]
    public void Seen_PreconditionsThatDrifted_AreOneWarningEach()
    {
        var drifted = FactsOf(FirstVersion).With(p => p with { RecoveryLevel = "Purgeable" }) with
        {
            ListFault = Fault(KeyVaultFault.NoPermission),
        };
        drifted = drifted with { Key = drifted.Key! with { VaultLocation = "eastus" } };

        var alerts = Seen(Look(drifted));

        Assert.All(alerts, a => Assert.Equal((AlertNames.PreconditionLost, AlertSeverity.Warning), (a.Name, a.Severity)));
        Assert.Equal(["Key permissions", "Soft delete", "Purge protection", "Same region"], alerts.Select(a => a.Subject));
    }

    [Theory]
    [InlineData(31, 0)]
    [InlineData(30, 1)]
    [InlineData(1, 1)]
    public void Seen_ExpiryIsNear_IsAWarningFromThirtyDaysOn(int days, int count)
    {
        var alerts = Seen(Look(FactsOf(FirstVersion).With(p => p with { ExpiresOn = Now.AddDays(days) })));

        Assert.Equal(count, alerts.Count(a => a is { Name: AlertNames.KeyExpiring, Severity: AlertSeverity.Warning }));
        Assert.All(alerts, a => Assert.Contains(FirstVersion, a.Description, StringComparison.Ordinal));
        Assert.All(alerts, a => Assert.Contains("within the hour", a.Recommendation, StringComparison.Ordinal));
    }

    [Fact]
    public void Seen_PinnedKeyThatExpires_SaysThatTheNewVersionMustBeAssigned()
    {
        var look = Look(FactsOf(FirstVersion).With(p => p with { ExpiresOn = Now.AddDays(3) }));

        Assert.Contains(
            "vault encryption update --name docs",
            Assert.Single(Seen(look, Vault(pinned: true))).Recommendation,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Seen_VersionThatItemsStillNeedIsDisabled_BlocksTheRotation()
    {
        var old = Key.WithVersion($"{9:x32}");
        var vault = Vault().WithItem().Announce(Key.WithVersion($"{2:x32}").ToString(), "b", Now);

        var alerts = Seen(new KeyLook(Now, FactsOf($"{2:x32}"), [new(old, ErrorCodes.UserErrorCMKKeyDisabled, null)], true), vault);

        var alert = Assert.Single(alerts);
        Assert.Equal((AlertNames.RotationBlocked, old.ToString()), (alert.Name, alert.Subject));
        Assert.Contains($"--version {old.Version} --enabled true", alert.Recommendation, StringComparison.Ordinal);
    }

    [Fact]
    public void NoteLook_SameAgain_KeepsTheAlertAndOwesNothingMore()
    {
        var first = Noted(Vault(), Look(Refusing(KeyVaultFault.KeyDisabled)));
        var again = Noted(first, Look(Refusing(KeyVaultFault.KeyDisabled), Now.AddMinutes(30)));

        Assert.Equal("raised", Assert.Single(first.Owed).Operation);
        Assert.Equal(first.Owed.Select(o => o.Id), again.Owed.Select(o => o.Id));
        Assert.True(first.Alerts.SequenceEqual(again.Alerts));
        var healed = Noted(again, Look(at: Now.AddHours(1)));
        Assert.Empty(healed.Alerts);
        Assert.Equal(["raised", "resolved"], healed.Owed.Select(o => o.Operation));
        Assert.Equal(healed.Owed[0].CorrelationId, healed.Owed[1].CorrelationId);
    }

    [Fact]
    public void NoteLook_AnotherKeyOrIdentityMeanwhile_SaysNothing()
    {
        var vault = Vault();
        var look = Look(Refusing(KeyVaultFault.KeyDisabled));
        VaultRecord[] changed =
        [
            vault.Announce(Key.WithVersion($"{2:x32}").ToString(), "b", Now),
            vault with
            {
                Settings = vault.Settings with { SystemPrincipalId = "other" },
            },
        ];

        Assert.All(changed, c => Assert.Same(c, c.NoteLook(vault, look, Note)));
    }

    [Fact]
    public void NoteLook_NoAnswer_KeepsWhatIsKnownAndIsAnAlertAfterAnHour()
    {
        var vault = Noted(Vault(), Look(FactsOf(FirstVersion).With(p => p with { ExpiresOn = Now.AddDays(9) })));
        string[] Names() => [.. vault.Alerts.Select(a => a.Name)];
        foreach (var minutes in (int[])[30, 59])
        {
            vault = Noted(vault, Silent(minutes));
            Assert.Equal([AlertNames.KeyExpiring], Names());
        }

        vault = Noted(vault, Silent(60));
        Assert.Equal([AlertNames.KeyVaultUnreachable, AlertNames.KeyExpiring], Names());
        Assert.Equal(Now, vault.Alerts[0].Since);
        vault = Noted(vault, Silent(120));
        Assert.Equal(
            [AlertNames.KeyVaultUnreachable, AlertNames.RotationOverdue, AlertNames.KeyExpiring],
            Names().OrderBy(n => n != AlertNames.KeyVaultUnreachable).ThenBy(n => n == AlertNames.KeyExpiring)
        );

        vault = Noted(vault with { LastPolledAt = Now.AddHours(3) }, Look(at: Now.AddHours(3)));
        Assert.Empty(Names());
    }

    private static KeyLook Silent(int minutes) => new(Now.AddMinutes(minutes), null, [], IsAnswered: false);

    [Fact]
    public void Elapsed_NobodyWasThereToLook_IsNotOverdue()
    {
        var vault = Noted(Vault(), Look(at: Now.AddDays(3)));
        Assert.Empty(vault.Alerts);

        for (var minutes = 30; minutes < 120; minutes += 30)
            vault = Noted(vault, Look(at: Now.AddDays(3).AddMinutes(minutes)));
        Assert.Empty(vault.Alerts);
        vault = Noted(vault, Look(at: Now.AddDays(3).AddHours(2)));
        Assert.Equal(AlertNames.RotationOverdue, Assert.Single(vault.Alerts).Name);
    }

    [Fact]
    public void NoteLook_MoreThanTheLogCanTakeNow_IsLeftForTheNextLook()
    {
        var vault = Vault();
        for (var i = 0; i < VaultRecord.MaxOwed - 1; i++)
            vault = vault.Owe(
                Note(
                    new()
                    {
                        AlertId = Guid.NewGuid(),
                        Name = "",
                        Severity = AlertSeverity.Warning,
                        Code = "",
                        Subject = "",
                        Since = Now,
                        Description = "",
                        Recommendation = "",
                    },
                    true
                )
            );

        var full = Noted(vault, Look(Refusing(KeyVaultFault.KeyDisabled)));
        Assert.Empty(full.Alerts);
        Assert.Equal(VaultRecord.MaxOwed - 1, full.Owed.Length);
        Assert.Single(Noted(full.Settle(full.Owed), Look(Refusing(KeyVaultFault.KeyDisabled))).Alerts);
    }
}
