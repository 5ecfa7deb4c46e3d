namespace RecoveryVault.Tests.Access;

/// <summary>A contract whose author forgot to say what it requires.</summary>
[Alias("rv.tests.IUnannotatedGrain")]
public interface IUnannotatedGrain : IGrainWithStringKey
{
    [Alias("Call")]
    Task CallAsync();
}

/// <summary>Its grain, which no client may ever reach.</summary>
public sealed class UnannotatedGrain : Grain, IUnannotatedGrain
{
    public Task CallAsync() => Task.CompletedTask;
}
