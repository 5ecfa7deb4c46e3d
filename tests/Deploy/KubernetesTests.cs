using System.Globalization;
using System.Net;
using RecoveryVault.Health;
using RecoveryVault.Tests.Style;

namespace RecoveryVault.Tests.Deploy;

public sealed class KubernetesTests
{
    private const string Folder = "deploy/kubernetes";
    private const string App = "app.kubernetes.io/name";

    private static readonly Yaml Silos = Yaml.Read($"{Folder}/silos.yaml");
    private static readonly Yaml Pod = Silos["spec", "template"];

    private static string[] Files => [.. Yaml.Read($"{Folder}/kustomization.yaml")["resources"].Items.Select(r => r.Text)];

    [Fact]
    public void Files_AllThereAre_AreApplied()
    {
        var there = Repository.Files(".yaml").Where(path => Path.GetDirectoryName(path) == Folder).Select(path => Path.GetFileName(path));

        Assert.Equal(there.Where(name => name != "kustomization.yaml").Order(), Files.Order());
        foreach (var document in Files.Select(name => Yaml.Read($"{Folder}/{name}")))
        {
            Assert.True(document["apiVersion"].IsThere && document["metadata", "name"].IsThere);
            if (document["kind"].Text != "Namespace")
                Assert.Equal("recoveryvault", document["metadata", "namespace"].Text);
        }
    }

    [Fact]
    public void Settings_OfThePod_AreKnown() =>
        Assert.Equal([], KnownSettings.Unknown(Files.SelectMany(name => KnownSettings.In($"{Folder}/{name}"))));

    [Fact]
    public void Silos_OnOneLoopback_AreProbedWhereTheyAnswer()
    {
        var containers = Pod["spec", "containers"].Items.ToList();
        Assert.Equal(3, containers.Count);
        HashSet<string> addresses = [];
        foreach (var container in containers)
        {
            var settings = container["env"].Items.ToDictionary(e => e["name"].Text, e => e["value"].Text);
            Assert.All(settings.Values, address => Assert.True(addresses.Add(address)));
            var port = Assert.Single(container["ports"].Items);
            Assert.Equal($"0.0.0.0:{port["containerPort"].Text}", settings["RVAULT_HEALTH_ADDRESS"]);
            foreach (var (name, address) in settings.Where(s => s.Key != "RVAULT_HEALTH_ADDRESS"))
                Assert.True(IPAddress.IsLoopback(IPEndPoint.Parse(address).Address), name);
            foreach (var (probe, path) in Probes)
                Assert.Equal(
                    (path, port["name"].Text),
                    (container[probe, "httpGet", "path"].Text, container[probe, "httpGet", "port"].Text)
                );
            // Longer than the silo itself waits for its store.
            Assert.True(Seconds(container["readinessProbe", "timeoutSeconds"]) > SiloHealth.Patience.TotalSeconds);
        }
    }

    private static (string Probe, string Path)[] Probes =>
        [
            ("startupProbe", HealthEndpoint.LivePath),
            ("livenessProbe", HealthEndpoint.LivePath),
            ("readinessProbe", HealthEndpoint.ReadyPath),
        ];

    [Fact]
    public void Pod_IsConfined_AndHasTimeToEnd()
    {
        Assert.Equal("true", Pod["spec", "securityContext", "runAsNonRoot"].Text);
        foreach (var container in Pod["spec", "containers"].Items.Concat(Pod["spec", "initContainers"].Items))
        {
            Assert.Equal("false", container["securityContext", "allowPrivilegeEscalation"].Text);
            Assert.Equal("true", container["securityContext", "readOnlyRootFilesystem"].Text);
            Assert.Equal(["ALL"], container["securityContext", "capabilities", "drop"].Items.Select(c => c.Text));
        }
        var drain = Seconds(Yaml.Read($"{Folder}/settings.yaml")["data", "RVAULT_DRAIN_SECONDS"]);
        Assert.True(Seconds(Pod["spec", "terminationGracePeriodSeconds"]) >= drain + 30);
    }

    [Fact]
    public void Selectors_AndIdentity_LeadToThePod()
    {
        var label = Pod["metadata", "labels", App].Text;
        foreach (var (file, path) in Selectors)
            Assert.Equal(label, Yaml.Read($"{Folder}/{file}")[[.. path, App]].Text);
        var account = Yaml.Read($"{Folder}/identity.yaml");
        Assert.Equal(account["metadata", "name"].Text, Pod["spec", "serviceAccountName"].Text);
        Assert.True(account["metadata", "annotations", "azure.workload.identity/client-id"].IsThere);
        Assert.Equal("true", Pod["metadata", "labels", "azure.workload.identity/use"].Text);
        Assert.Contains(
            $"'{account["metadata", "namespace"].Text}:{account["metadata", "name"].Text}'",
            Repository.Read("deploy/azure/main.bicep")
        );
        Assert.Empty(Yaml.Read($"{Folder}/network.yaml")["spec", "ingress"].Items);
    }

    private static (string File, string[] Path)[] Selectors =>
        [
            ("silos.yaml", ["spec", "selector", "matchLabels"]),
            ("service.yaml", ["spec", "selector"]),
            ("disruption.yaml", ["spec", "selector", "matchLabels"]),
            ("network.yaml", ["spec", "podSelector", "matchLabels"]),
        ];

    private static int Seconds(Yaml node) => int.Parse(node.Text, CultureInfo.InvariantCulture);
}
