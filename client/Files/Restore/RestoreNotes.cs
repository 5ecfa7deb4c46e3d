namespace RecoveryVault.Files.Restore;

/// <summary>What only root restores, counted when another user restores: to be told in one line, not an error.</summary>
public sealed class RestoreNotes
{
    /// <summary>Entries that belong to the restoring user (or group) instead.</summary>
    public long OwnersNotRestored { get; internal set; }

    /// <summary>Entries whose set-user-id or set-group-id bit was dropped.</summary>
    public long SetIdBitsDropped { get; internal set; }

    /// <summary>Device nodes that were not made.</summary>
    public long DevicesSkipped { get; internal set; }

    /// <summary>Extended attributes of the namespaces security and trusted that were not set.</summary>
    public long AttributesSkipped { get; internal set; }

    /// <summary>True when there is nothing to tell.</summary>
    public bool IsEmpty => OwnersNotRestored + SetIdBitsDropped + DevicesSkipped + AttributesSkipped == 0;

    /// <summary>One line for people; empty when there is nothing to tell.</summary>
    public override string ToString()
    {
        (long Count, string What)[] parts =
        [
            (OwnersNotRestored, "owners not restored"),
            (SetIdBitsDropped, "set-id bits dropped"),
            (DevicesSkipped, "device nodes skipped"),
            (AttributesSkipped, "privileged attributes skipped"),
        ];
        var told = string.Join(", ", parts.Where(part => part.Count > 0).Select(part => $"{part.Count} {part.What}"));
        return told.Length == 0 ? "" : $"Restored without root: {told}.";
    }
}
