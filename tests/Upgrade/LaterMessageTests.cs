using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;
using RecoveryVault.Catalogues;
using RecoveryVault.Errors;
using RecoveryVault.Items;

namespace RecoveryVault.Tests.Upgrade;

/// <summary>A message of a later release, as an older one reads it: what it does not know is passed over, what it does know is there.</summary>
public sealed class LaterMessageTests : IDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddSerializer().BuildServiceProvider();

    public void Dispose() => _services.Dispose();

    private T? Carry<TLater, T>(TLater message)
    {
        var bytes = _services.GetRequiredService<Serializer<TLater>>().SerializeToArray(message);
        return _services.GetRequiredService<Serializer<T>>().Deserialize(bytes);
    }

    [Fact]
    public void Message_WithAMemberMore_IsReadByAnOlderRelease()
    {
        var later = new LaterBeginRestore(Guid.NewGuid(), "point", LaterPurpose.Restore, "/target", new LaterDetail("why", 3));

        var read = Carry<LaterBeginRestore, BeginRestore>(later);

        Assert.Equal(new BeginRestore(later.OperationId, "point", RestorePurpose.Restore, "/target"), read);
    }

    [Fact]
    public void Message_WithAMemberLess_IsReadByALaterRelease()
    {
        var read = Carry<BeginRestore, LaterBeginRestore>(new BeginRestore(Guid.Empty, null, RestorePurpose.Verify));

        Assert.Equal(LaterPurpose.Verify, read?.Purpose);
        Assert.Null(read?.Detail);
    }

    /// <summary>No name is on the wire: whoever acts on a value must look whether he knows it.</summary>
    [Fact]
    public void Enum_WithAValueMore_ArrivesAsAValueThatIsNotDefined() =>
        Assert.False(
            Enum.IsDefined(
                Carry<LaterBeginRestore, BeginRestore>(new(Guid.NewGuid(), null, LaterPurpose.Mount, "", null))?.Purpose ?? default
            )
        );

    [Fact]
    public void ItemSource_OfAKindNobodyKnows_IsRefusedBeforeItIsStored()
    {
        var source = new ItemSource
        {
            Path = "/data",
            Host = "here",
            Kind = (ContentKind)77,
        };
        Assert.Equal(ErrorCodes.InvalidRequest, Assert.Throws<VaultException>(source.RequireBounded).Code);
    }
}

/// <summary>What the next release may make of <see cref="RestorePurpose"/>.</summary>
internal enum LaterPurpose
{
    Unknown = 0,
    Restore = 1,
    Verify = 2,
    Browse = 3,
    Mount = 4,
}

[GenerateSerializer, Immutable, Alias("rv.tests.LaterDetail")]
internal sealed record LaterDetail([property: Id(0)] string Reason, [property: Id(1)] int Count);

/// <summary>What the next release may make of <see cref="BeginRestore"/>.</summary>
[GenerateSerializer, Immutable, Alias("rv.tests.LaterBeginRestore")]
internal sealed record LaterBeginRestore(
    [property: Id(0)] Guid OperationId,
    [property: Id(1)] string? RecoveryPoint,
    [property: Id(2)] LaterPurpose Purpose,
    [property: Id(3)] string Target,
    [property: Id(4)] LaterDetail? Detail
);
