using RecoveryVault.Errors;

namespace RecoveryVault.Catalogues;

/// <summary>A stretch of a catalogue that cannot be read: entries there may have been, and nobody can say which.</summary>
/// <param name="First">No path before this one is lost; it may itself be the last one that was read.</param>
/// <param name="Before">No path from this one on is lost; null: up to the end.</param>
/// <param name="Code">What is wrong with what is stored there.</param>
public sealed record LostEntries(RelativePath First, RelativePath? Before, string Code)
{
    /// <summary>True for a code that tells of damage to what is stored: it costs what is stored there, and nothing else.</summary>
    public static bool IsDamage(string code) =>
        code
            is ErrorCodes.DataDamaged
                or ErrorCodes.DataMissing
                or ErrorCodes.DataBitRot
                or ErrorCodes.DataTampered
                or ErrorCodes.CatalogueDamaged;

    /// <summary>Whether an entry of this path may have been there.</summary>
    public bool MayHold(RelativePath path) => path >= First && !(path >= Before);

    /// <inheritdoc/>
    public override string ToString() => Before is { } before ? $"from '{First}' up to '{before}'" : $"from '{First}' on";
}
