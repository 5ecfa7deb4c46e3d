using System.Text.RegularExpressions;
using RecoveryVault.Errors;
using RecoveryVault.Serving;
using RecoveryVault.Tests.Style;

namespace RecoveryVault.Tests.Serving;

public sealed partial class SiloSettingsTests
{
    private const string Document = "deploy/SETTINGS.md";
    private static readonly string[] Folders = ["client", "silo", "grains", "grain-interfaces", "deploy"];

    [Theory]
    [InlineData("RVAULT_CLUSTER_ID", "a/b", ErrorCodes.InvalidRequest)]
    [InlineData("RVAULT_SERVICE_ID", "two words", ErrorCodes.InvalidRequest)]
    [InlineData("RVAULT_CLUSTER_SECRET_FILE", "", ErrorCodes.InvalidRequest)]
    [InlineData("RVAULT_SILO_ADDRESS", "here", ErrorCodes.InvalidRequest)]
    [InlineData("RVAULT_SILO_ADDRESS", "0.0.0.0:11111", ErrorCodes.InsecureListenRefused)]
    [InlineData("RVAULT_GATEWAY_ADDRESS", "[::]:30000", ErrorCodes.InsecureListenRefused)]
    [InlineData("RVAULT_DATA_PLANE_ADDRESS", "192.0.2.7:30001", ErrorCodes.InsecureListenRefused)]
    [InlineData("RVAULT_ADVERTISED_ADDRESS", "192.0.2.7", ErrorCodes.InsecureListenRefused)]
    [InlineData("RVAULT_DRAIN_SECONDS", "-1", ErrorCodes.InvalidRequest)]
    [InlineData("RVAULT_DRAIN_SECONDS", "3601", ErrorCodes.InvalidRequest)]
    [InlineData("RVAULT_LOG_LEVEL", "loud", ErrorCodes.InvalidRequest)]
    [InlineData("RVAULT_LOG_LEVEL", "3", ErrorCodes.InvalidRequest)]
    public void Read_ValueThatCannotBeUsed_IsRefusedByName(string variable, string value, string code)
    {
        var refused = Assert.Throws<VaultException>(() => Read(name => name == variable ? value : Example(name)));
        Assert.Equal(code, refused.Code);
        Assert.Contains(variable, refused.Message, StringComparison.Ordinal);
        Assert.NotEmpty(refused.Recommendation);
        Assert.DoesNotContain('\n', refused.Message);
    }

    [Fact]
    public void Read_NothingButTheSecret_TakesTheDefaults()
    {
        var settings = Read(name => name == SiloSettings.SecretSetting.Name ? "secret" : null);
        Assert.Equal(("rvault", "rvault", "127.0.0.1"), (settings.ClusterId, settings.ServiceId, $"{settings.Advertised}"));
        Assert.Equal(TimeSpan.FromSeconds(15), settings.Drain);
    }

    [Fact]
    public void Settings_AsDocumented_HaveTheirDefaultUnitAndAnExampleThatIsTaken()
    {
        _ = Read(Example);
        var lines = Repository.Read(Document).Split('\n');
        foreach (var setting in SiloSettings.All)
        {
            var standard = setting.Default.Length == 0 ? "" : $"`{setting.Default}` ";
            var wanted = $"| `{setting.Name}` | {standard}| {setting.Unit} | `{setting.Example}` |";
            Assert.Contains(lines, line => line.StartsWith(wanted, StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Settings_OfTheWholeProgram_AreDocumented()
    {
        var document = Repository.Read(Document);
        var used = Folders
            .SelectMany(folder => Directory.EnumerateFiles(Path.Combine(Repository.Root, folder), "*.cs", SearchOption.AllDirectories))
            .Where(file => !file.Contains("/obj/", StringComparison.Ordinal))
            .SelectMany(file => Variable().Matches(File.ReadAllText(file)).Select(m => m.Value))
            .Distinct();
        foreach (var name in used)
            Assert.Contains($"`{name}`", document, StringComparison.Ordinal);
    }

    private static SiloSettings Read(Func<string, string?> variable) => SiloSettings.Read(variable);

    private static string? Example(string name) => SiloSettings.All.Single(s => s.Name == name).Example;

    [GeneratedRegex(@"\bRVAULT_[A-Z_]+[A-Z]\b")]
    private static partial Regex Variable();
}
