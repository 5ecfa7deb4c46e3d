using RecoveryVault.Tests.Style;
using YamlDotNet.Core;
using YamlDotNet.Serialization;

namespace RecoveryVault.Tests.Deploy;

/// <summary>A node of a YAML file: a mapping, a list or a text.</summary>
internal readonly record struct Yaml(object? Node)
{
    /// <summary>The one document of a file, its aliases and merges resolved.</summary>
    public static Yaml Read(string path)
    {
        var parser = new MergingParser(new Parser(new StringReader(Repository.Read(path))));
        return new(new DeserializerBuilder().Build().Deserialize(parser));
    }

    public bool IsThere => Node is not null;

    public string Text => Node as string ?? throw new InvalidDataException($"It is {Node?.GetType().Name ?? "missing"}, not text.");

    /// <summary>The node at a path of keys; one that is not there is <see cref="IsThere"/> not.</summary>
    public Yaml this[params string[] path] =>
        path is not [var key, .. var rest] ? this
        : Node is Dictionary<object, object?> map && map.TryGetValue(key, out var value) ? new Yaml(value)[rest]
        : default;

    public IEnumerable<Yaml> Items => Node is List<object?> list ? list.Select(item => new Yaml(item)) : [];

    public IEnumerable<(string Key, Yaml Value)> Entries =>
        Node is Dictionary<object, object?> map ? map.Select(entry => ((string)entry.Key, new Yaml(entry.Value))) : [];
}
