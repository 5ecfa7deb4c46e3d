namespace RecoveryVault.Records;

/// <summary>
/// Names a create-only object by blob name and content hash (lower-case hex SHA-256), so that no other can take its place.
/// </summary>
public sealed record RecordRef(string Name, string Hash);

/// <summary>A record that says which schema wrote it.</summary>
public interface IVersionedRecord
{
    int Schema { get; }
}

/// <summary>The schema of the grains' records.</summary>
public static class RecordSchema
{
    /// <summary>Raised when an older version could misread a record.</summary>
    public const int Current = 1;
}
