using RecoveryVault.Tests.DevKeyVault;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace RecoveryVault.Tests.Storage;

/// <summary>A test of every store; skipped in a class whose <see cref="NeedsToolsAttribute">tools</see> are not there.</summary>
[XunitTestCaseDiscoverer("RecoveryVault.Tests.Storage.StoreFactDiscoverer", "RecoveryVault.Tests")]
public sealed class StoreFactAttribute : FactAttribute;

/// <summary>Likewise, with data.</summary>
[XunitTestCaseDiscoverer("RecoveryVault.Tests.Storage.StoreTheoryDiscoverer", "RecoveryVault.Tests")]
public sealed class StoreTheoryAttribute : TheoryAttribute;

/// <summary>What the inherited tests of a class need; under CI they must run.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class NeedsToolsAttribute(params string[] tools) : Attribute
{
    public IReadOnlyList<string> Tools { get; } = tools;
}

/// <summary>Finds <see cref="StoreFactAttribute"/>.</summary>
public sealed class StoreFactDiscoverer(IMessageSink sink) : FactDiscoverer(sink)
{
    protected override IXunitTestCase CreateTestCase(
        ITestFrameworkDiscoveryOptions discoveryOptions,
        ITestMethod testMethod,
        IAttributeInfo factAttribute
    ) =>
        new StoreTestCase(
            DiagnosticMessageSink,
            discoveryOptions.MethodDisplayOrDefault(),
            discoveryOptions.MethodDisplayOptionsOrDefault(),
            testMethod
        );
}

/// <summary>Finds <see cref="StoreTheoryAttribute"/>.</summary>
public sealed class StoreTheoryDiscoverer(IMessageSink sink) : TheoryDiscoverer(sink)
{
    protected override IEnumerable<IXunitTestCase> CreateTestCasesForDataRow(
        ITestFrameworkDiscoveryOptions discoveryOptions,
        ITestMethod testMethod,
        IAttributeInfo theoryAttribute,
        object[] dataRow
    ) =>
        [
            new StoreTestCase(
                DiagnosticMessageSink,
                discoveryOptions.MethodDisplayOrDefault(),
                discoveryOptions.MethodDisplayOptionsOrDefault(),
                testMethod,
                dataRow
            ),
        ];
}

/// <summary>One test of one store.</summary>
public sealed class StoreTestCase : XunitTestCase
{
    /// <summary>For what reads it back.</summary>
    [Obsolete("Only for deserialisation.")]
    public StoreTestCase() { }

    public StoreTestCase(
        IMessageSink sink,
        TestMethodDisplay display,
        TestMethodDisplayOptions displayOptions,
        ITestMethod testMethod,
        object[]? arguments = null
    )
        : base(sink, display, displayOptions, testMethod, arguments) { }

    protected override string? GetSkipReason(IAttributeInfo factAttribute) =>
        base.GetSkipReason(factAttribute)
        ?? TestMethod
            .TestClass.Class.ToRuntimeType()
            .GetCustomAttributes(typeof(NeedsToolsAttribute), inherit: false)
            .Cast<NeedsToolsAttribute>()
            .Select(needs => ToolsFactAttribute.ReasonToSkip(needs.Tools))
            .FirstOrDefault();
}
