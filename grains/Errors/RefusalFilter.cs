namespace RecoveryVault.Errors;

/// <summary>
/// Lets only coded refusals leave a grain of ours, so that a caller on another machine gets the code and not a foreign exception type.
/// </summary>
public sealed class RefusalFilter : IIncomingGrainCallFilter
{
    public async Task Invoke(IIncomingGrainCallContext context)
    {
        try
        {
            await context.Invoke();
        }
        catch (Exception e) when (e is not VaultException && Refusals.Find(e) is { } refusal)
        {
            throw refusal;
        }
    }
}
