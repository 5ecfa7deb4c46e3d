namespace RecoveryVault.Jobs;

/// <summary>Tells whether the silo incarnation that owns a job or session still runs.</summary>
/// <param name="self">This incarnation; unlike that of any process before or after.</param>
/// <param name="isAlive">Asks the cluster's membership about another one.</param>
public sealed class SiloLiveness(string self, Func<string, bool> isAlive)
{
    public string Self { get; } = self;

    public bool IsAlive(string owner) => owner == Self || isAlive(owner);
}
