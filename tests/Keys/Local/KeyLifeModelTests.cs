using CsCheck;
using RecoveryVault.Keys;
using RecoveryVault.Keys.Local;
using RecoveryVault.Tests.Style;

namespace RecoveryVault.Tests.Keys.Local;

/// <summary>Any life of one key, step by step beside a model of a few lines; half-way the store is opened anew.</summary>
public sealed class KeyLifeModelTests
{
    private const int RetentionDays = 7;

    public enum Step
    {
        Create,
        Rotate,
        Disable,
        Enable,
        Expire,
        Postpone,
        Delete,
        Recover,
        Purge,
        Advance,
        Restart,
    }

    // Pick chooses the version, or the days to advance.
    private static readonly Gen<(Step Step, int Pick)> Steps = Gen.Select(
        Gen.Frequency(
            (2, Step.Create),
            (3, Step.Rotate),
            (2, Step.Disable),
            (2, Step.Enable),
            (2, Step.Expire),
            (2, Step.Postpone),
            (3, Step.Delete),
            (3, Step.Recover),
            (2, Step.Purge),
            (3, Step.Advance),
            (1, Step.Restart)
        ),
        Gen.Int[0, 9]
    );

    [Fact]
    public Task AnyLife_FollowsTheModel() =>
        Gen.Select(Steps.List[1, 20], Gen.Bool, Gen.Bool)
            .SampleAsync(
                async (steps, softDelete, purgeProtection) =>
                {
                    var run = new Run(await KeyVaultStage.CreateAsync(softDelete, softDelete && purgeProtection, RetentionDays));
                    var model = new Model(softDelete, softDelete && purgeProtection);
                    foreach (var (step, pick) in steps)
                    {
                        Assert.Equal((step, model.Take(step, pick)), (step, await run.TakeAsync(step, pick)));
                        Assert.Equal((step, model.Describe()), (step, await run.DescribeAsync()));
                    }
                },
                iter: TestScale.Iterations(120)
            );

    private sealed class Model(bool softDelete, bool purgeProtection)
    {
        private const string Gone = "404 KeyNotFound";

        private readonly List<Version> _versions = [];
        private bool _active;
        private int? _purgedOn;
        private int _today;

        private sealed class Version
        {
            public bool Enabled { get; set; } = true;

            public int? From { get; set; }

            public int? Until { get; set; }
        }

        private bool IsRecoverable => _purgedOn > _today;

        public string Take(Step step, int pick)
        {
            switch (step)
            {
                case Step.Advance:
                    _today += pick;
                    return "200";
                case Step.Restart:
                    return "200";
                case Step.Create when IsRecoverable:
                    return "409 ObjectIsDeletedButRecoverable";
                case Step.Create when !_active:
                    _versions.Clear();
                    _purgedOn = null;
                    _active = true;
                    break;
                case Step.Create:
                    break;
                case Step.Recover:
                    if (!IsRecoverable)
                        return Gone;
                    _purgedOn = null;
                    _active = true;
                    return "200";
                case Step.Purge when IsRecoverable && purgeProtection:
                    return "403 Forbidden";
                case Step.Purge:
                    if (!IsRecoverable)
                        return Gone;
                    _purgedOn = null;
                    return "200";
                default:
                    if (!_active)
                        return Gone;
                    break;
            }
            if (step == Step.Delete)
            {
                _active = false;
                _purgedOn = softDelete ? _today + RetentionDays : null;
                return "200";
            }
            if (step is Step.Create or Step.Rotate)
                _versions.Add(new());
            else
                Change(_versions[pick % _versions.Count], step);
            return "200";
        }

        public string Describe() => _active ? string.Join(' ', _versions.Select(Describe)) : Gone;

        private void Change(Version version, Step step)
        {
            if (step is Step.Enable or Step.Disable)
                version.Enabled = step == Step.Enable;
            else if (step == Step.Expire)
                version.Until = _today + 1;
            else
                version.From = _today + 1;
        }

        private string Describe(Version version) =>
            (version.Enabled, version.Until <= _today, version.From > _today) switch
            {
                (false, _, _) => "KeyDisabled/KeyDisabled",
                (_, true, _) => "KeyExpired/ok",
                (_, _, true) => "KeyNotYetValid/ok",
                _ => "ok/ok",
            };
    }

    private sealed class Run(KeyVaultStage stage)
    {
        private static readonly byte[] Material = new byte[32];

        // What each version wrapped when it was made, by key id.
        private readonly Dictionary<string, byte[]> _wrapped = [];
        private LocalKeyVault _keys = stage.Owner;

        public Task<string> TakeAsync(Step step, int pick) =>
            KeyVaultStage.OutcomeOf(() =>
                step switch
                {
                    Step.Advance => Done(() => stage.Time.Advance(TimeSpan.FromDays(pick))),
                    Step.Restart => Done(() => _keys = stage.Restart().Open(KeyVaultStage.Host, KeyVaultCaller.Owner)),
                    Step.Create => WrapWithAsync(_keys.CreateKeyAsync("kek", new() { Kty = "RSA" })),
                    Step.Rotate => WrapWithAsync(_keys.RotateKeyAsync("kek")),
                    Step.Delete => _keys.DeleteKeyAsync("kek"),
                    Step.Recover => _keys.RecoverDeletedKeyAsync("kek"),
                    Step.Purge => _keys.PurgeDeletedKeyAsync("kek"),
                    _ => ChangeAsync(step, pick),
                }
            );

        public async Task<string> DescribeAsync()
        {
            try
            {
                var versions = await _keys.ListVersionsAsync("kek");
                Assert.Equal(versions[^1], (await _keys.GetKeyAsync("kek", null)).Properties);
                var outcomes = new List<string>();
                foreach (var id in versions.Select(version => version.Id))
                    outcomes.Add($"{await WrapOutcomeAsync(id)}/{await UnwrapOutcomeAsync(id)}");
                return string.Join(' ', outcomes);
            }
            catch (KeyVaultException refused)
            {
                return $"{refused.Status} {refused.Code}";
            }
        }

        private static Task Done(Action action)
        {
            action();
            return Task.CompletedTask;
        }

        private async Task WrapWithAsync(Task<KeyBundle> made)
        {
            var id = KeyVaultStage.IdOf(await made);
            _wrapped.Add(id.ToString(), (await _keys.WrapKeyAsync(id, Material)).EncryptedKey);
        }

        private async Task ChangeAsync(Step step, int pick)
        {
            var versions = await _keys.ListVersionsAsync("kek");
            var tomorrow = stage.Time.GetUtcNow().AddDays(1);
            await _keys.UpdateKeyAsync(
                "kek",
                versions[pick % versions.Count].Id.Version,
                step switch
                {
                    Step.Disable => new() { Enabled = false },
                    Step.Enable => new() { Enabled = true },
                    Step.Expire => new() { ExpiresOn = tomorrow },
                    _ => new() { NotBefore = tomorrow },
                }
            );
        }

        private async Task<string> WrapOutcomeAsync(KeyId id) =>
            Short(await KeyVaultStage.OutcomeOf(() => _keys.WrapKeyAsync(id, Material)));

        private async Task<string> UnwrapOutcomeAsync(KeyId id) =>
            Short(
                await KeyVaultStage.OutcomeOf(async () =>
                {
                    using var unwrapped = await _keys.UnwrapKeyAsync(id, _wrapped[id.ToString()]);
                    Assert.Equal(Material, unwrapped.Span);
                })
            );

        private static string Short(string outcome) => outcome == "200" ? "ok" : outcome["403 ".Length..];
    }
}
