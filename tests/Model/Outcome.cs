using RecoveryVault.Errors;

namespace RecoveryVault.Tests.Model;

/// <summary>How a call ended.</summary>
/// <param name="Code">The refusal's code; null when it succeeded.</param>
/// <param name="Error">What was thrown.</param>
internal sealed record Outcome(string? Code, Exception? Error)
{
    public static Outcome Success { get; } = new(null, null);

    public bool IsSuccess => Code is null;

    /// <summary>Ended in a way that says nothing about whether it happened.</summary>
    public const string Unclear = "(unclear)";

    public static async Task<Outcome> OfAsync(Func<Task> call)
    {
        try
        {
            await call();
            return Success;
        }
        catch (VaultException refusal)
        {
            return new(refusal.Code, refusal);
        }
        catch (Exception e) when (e is not InvariantBrokenException)
        {
            return new(Unclear, e);
        }
    }

    public override string ToString() => Code is null ? "success" : $"{Code}: {Error?.Message}";
}

/// <summary>What the model allows a call to end in.</summary>
internal sealed class Expectation
{
    private readonly HashSet<string> _codes = [];

    public bool MaySucceed { get; private set; } = true;

    /// <summary>Whether not even a stale activation or a failing store makes it succeed.</summary>
    public bool IsFirm { get; private set; }

    public IReadOnlyCollection<string> Codes => _codes;

    /// <summary>It may be refused with a code.</summary>
    public Expectation May(string code)
    {
        _codes.Add(code);
        return this;
    }

    /// <summary>It must be refused, with this code or another allowed one.</summary>
    public Expectation Must(string code)
    {
        MaySucceed = false;
        return May(code);
    }

    /// <summary>It must be refused, whatever else went wrong.</summary>
    public Expectation MustAlways(string code)
    {
        IsFirm = true;
        return Must(code);
    }

    /// <summary>The same, but it may succeed all the same.</summary>
    public Expectation OrSucceed()
    {
        (MaySucceed, IsFirm) = (true, false);
        return this;
    }

    /// <summary>Must or may, as it is certain or not.</summary>
    public Expectation When(bool may, bool must, string code) =>
        must ? Must(code)
        : may ? May(code)
        : this;

    public bool Allows(Outcome outcome) => outcome.Code is { } code ? _codes.Contains(code) : MaySucceed;

    public override string ToString() => string.Join(" | ", (MaySucceed ? ["success"] : (string[])[]).Concat(_codes));
}

/// <summary>Something that must hold does not.</summary>
internal sealed class InvariantBrokenException(string what) : Exception(what);
