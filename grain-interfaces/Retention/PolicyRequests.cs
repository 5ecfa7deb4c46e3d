namespace RecoveryVault.Retention;

/// <summary>Makes or changes a policy; rules that are null stay as they are, or are none in a new policy.</summary>
[GenerateSerializer, Immutable, Alias("rv.ChangePolicy")]
public sealed record ChangePolicy
{
    /// <summary>Chosen by the caller: the same one again changes nothing.</summary>
    [Id(0)]
    public required Guid OperationId { get; init; }

    /// <summary>See <see cref="PolicyName"/>.</summary>
    [Id(1)]
    public required string Name { get; init; }

    /// <summary>See <see cref="RetentionRules.Last"/>.</summary>
    [Id(2)]
    public int? Last { get; init; }

    /// <summary>See <see cref="RetentionRules.Daily"/>.</summary>
    [Id(3)]
    public int? Daily { get; init; }

    /// <summary>See <see cref="RetentionRules.Weekly"/>.</summary>
    [Id(4)]
    public int? Weekly { get; init; }

    /// <summary>See <see cref="RetentionRules.Monthly"/>.</summary>
    [Id(5)]
    public int? Monthly { get; init; }

    /// <summary>See <see cref="RetentionRules.Yearly"/>.</summary>
    [Id(6)]
    public int? Yearly { get; init; }

    /// <summary>The rules as they are after the change.</summary>
    public RetentionRules Apply(RetentionRules rules) =>
        rules with
        {
            Last = Last ?? rules.Last,
            Daily = Daily ?? rules.Daily,
            Weekly = Weekly ?? rules.Weekly,
            Monthly = Monthly ?? rules.Monthly,
            Yearly = Yearly ?? rules.Yearly,
        };
}

/// <summary>Deletes a policy that no item follows.</summary>
[GenerateSerializer, Immutable, Alias("rv.DeletePolicy")]
public sealed record DeletePolicy([property: Id(0)] Guid OperationId, [property: Id(1)] string Name);

/// <summary>Lets an item follow a policy.</summary>
/// <param name="OperationId">Chosen by the caller: the same one again changes nothing.</param>
/// <param name="ItemName">The item.</param>
/// <param name="PolicyName">The policy; null: none, and nothing expires.</param>
[GenerateSerializer, Immutable, Alias("rv.AssignPolicy")]
public sealed record AssignPolicy(
    [property: Id(0)] Guid OperationId,
    [property: Id(1)] string ItemName,
    [property: Id(2)] string? PolicyName
);
