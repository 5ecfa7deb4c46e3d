using System.Reflection;

namespace RecoveryVault.Tests;

/// <summary>Stands for any interface, and answers each call by the method's name. Public and open: the runtime derives from it.</summary>
public class AnsweringProxy : DispatchProxy
{
    /// <summary>What a method returns or throws.</summary>
    public Func<string, object?> Answer { get; set; } = _ => null;

    /// <inheritdoc/>
    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => Answer(targetMethod?.Name ?? "");
}
