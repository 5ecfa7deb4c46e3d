namespace RecoveryVault.Records;

/// <summary>
/// Names a create-only object by blob name and content hash (lower-case hex SHA-256), so that no other can take its place.
/// </summary>
public sealed record RecordRef(string Name, string Hash)
{
    /// <summary>Of two parts of a record that may have been edited, both are there.</summary>
    public bool IsWhole => (Name, Hash) is (not null, not null);
}

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
