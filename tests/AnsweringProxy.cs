using System.Reflection;

namespace RecoveryVault.Tests;

/// <summary>Stands for any interface, and answers each call by the method's name. Public and open: the runtime derives from it.</summary>
public class AnsweringProxy : DispatchProxy
{
    /// <summary>What a method returns or throws.</summary>
    public Func<string, object?> Answer { get; set; } = _ => null;

    /// <summary>Told of every value that a property is set to.</summary>
    public Action<object?> OnSet { get; set; } = _ => { };

    /// <summary>An interface that answers so.</summary>
    public static T Of<T>(Func<string, object?> answer, Action<object?>? onSet = null)
        where T : class
    {
        var proxy = Create<T, AnsweringProxy>();
        var answering = (AnsweringProxy)(object)proxy;
        (answering.Answer, answering.OnSet) = (answer, onSet ?? answering.OnSet);
        return proxy;
    }

    /// <inheritdoc/>
    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        var name = targetMethod?.Name ?? "";
        if (name.StartsWith("set_", StringComparison.Ordinal))
            OnSet(args?[0]);
        return Answer(name);
    }
}
