using System.Text.RegularExpressions;
using RecoveryVault.DataPath;
using RecoveryVault.Items;
using RecoveryVault.Vaults;

namespace RecoveryVault.Tests.Security;

/// <summary>No message and no record has a place where a secret could stand: each member of bytes is here with the reason.</summary>
public sealed partial class SecretMembersTests
{
    private static readonly Dictionary<string, string> MessageBytes = new()
    {
        ["SessionTicket.Token"] = "opens one session of one item in one direction; never stored, never printed",
    };

    private static readonly Dictionary<string, string> RecordBytes = new()
    {
        ["RingEpoch.WrappedDek"] = "only the KEK opens it",
        ["RingEpoch.Commitment"] = "tells data keys apart and nothing about them",
        ["RingEpoch.SealedItemIdKey"] = "only the data key opens it",
        ["StoredPlatformKey.Key"] = "a key: kept in the keys store, never in the data store",
        ["PrivateKey.pkcs8"] = "a key: kept in the keys store, never in the data store",
        ["PublicKey.Spki"] = "public",
        ["OwedNote.Seal"] = "a MAC over the note and what names its key",
        ["SecretValue.Bytes"] = "a value in a request to the development Key Vault or its answer; never stored, never printed",
        ["SecretValue.Memory"] = "the same",
    };

    private static readonly Dictionary<string, string> SecretTexts = new()
    {
        ["MadeToken.AccessToken"] = "the development Key Vault's answer to its owner; never stored, never printed",
        ["TokenAnswer.AccessToken"] = "the development Key Vault's answer to an identity; never stored, never printed",
        ["TokenAnswer.TokenType"] = "the word Bearer",
        ["ServerIdentity.ManagementToken"] = "opens the development Key Vault's management: in a file of mode 0600, never printed",
        ["ServerRecord.Secret"] = "proves connections: in a file of mode 0600 beside the keys, never printed",
    };

    [Fact]
    public void Messages_HaveNoPlaceForASecret() => Assert.Equal(MessageBytes.Keys.Order(), BytesIn(ProductTypes.Messages));

    [Fact]
    public void Records_HaveNoPlaceForASecret() => Assert.Equal(RecordBytes.Keys.Order(), BytesIn(ProductTypes.Records));

    [Fact]
    public void Texts_NamedLikeSecrets_AreKnown()
    {
        var texts =
            from type in ProductTypes.Closure(ProductTypes.Messages.Concat(ProductTypes.Records))
            from member in ProductTypes.Members(type)
            where member.Type == typeof(string) && LikeASecret().IsMatch(member.Name)
            select $"{type.Name}.{member.Name}";
        Assert.Equal(SecretTexts.Keys.Order(), texts.Distinct().Order());
    }

    [Fact]
    public void GrainCalls_CarryMessagesOnly()
    {
        var methods = ProductTypes
            .All.Where(t => t.IsInterface && typeof(IAddressable).IsAssignableFrom(t))
            .SelectMany(t => t.GetMethods());
        Assert.True(methods.Count() > 30);
        Assert.DoesNotContain(methods, m => ProductTypes.HoldsBytes(m.ReturnType));
        Assert.DoesNotContain(methods.SelectMany(m => m.GetParameters()), p => ProductTypes.HoldsBytes(p.ParameterType));
    }

    [Fact]
    public void Walk_ReachesWhatIsNestedAndInherited()
    {
        Assert.Contains(typeof(KeyUse), ProductTypes.Closure([typeof(VaultRecord)]));
        Assert.Contains(typeof(SessionTicket), ProductTypes.Closure([typeof(RestoreTicket)]));
        Assert.Equal(
            ["Derived.ByName", "Derived.Field", "Derived.Keys", "Derived.captured"],
            BytesOf(typeof(Derived)).Order(StringComparer.Ordinal)
        );
    }

    [Fact]
    public void SessionTicket_Printed_HasNoToken()
    {
        byte[] token = [.. Enumerable.Range(100, 32).Select(i => (byte)i)];
        var ticket = new SessionTicket(Guid.NewGuid(), "here", [.. token]);
        Assert.Empty(new SecretForms(token).FindIn(ticket.ToString()));
    }

    private static IEnumerable<string> BytesIn(IEnumerable<Type> roots)
    {
        var types = ProductTypes.Closure(roots);
        Assert.True(types.Count > 15);
        return types.SelectMany(BytesOf).Distinct().Order();
    }

    private static IEnumerable<string> BytesOf(Type type) =>
        ProductTypes.Members(type).Where(m => ProductTypes.HoldsBytes(m.Type)).Select(m => $"{type.Name}.{m.Name}");

    [GeneratedRegex("secret|token|pass(word|phrase)|private|credential|(?<!Wrapped)dek$", RegexOptions.IgnoreCase)]
    private static partial Regex LikeASecret();

    private sealed class Derived(byte[] captured)
    {
        public override string ToString() => $"{captured.Length}";

        public byte[] Field = [];

        public IReadOnlyList<ReadOnlyMemory<byte>> Keys { get; init; } = [];

        public Dictionary<string, byte[]?> ByName { get; init; } = [];
    }
}
