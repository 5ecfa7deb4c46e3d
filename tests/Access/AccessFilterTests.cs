using System.Reflection;
using Orleans.Serialization.Invocation;
using RecoveryVault.Access;
using RecoveryVault.Errors;
using RecoveryVault.Vaults;

namespace RecoveryVault.Tests.Access;

/// <summary>Who may call what, asked of the filter alone.</summary>
public sealed class AccessFilterTests
{
    private static readonly GrainId Client = GrainId.Parse("sys.client/outside");
    private static readonly GrainId Hosted = GrainId.Parse("sys.client/hosted-S127.0.0.1:1:1");
    private static readonly GrainId Grain = GrainId.Parse("vault/1");

    private static async Task<string?> CallAsync(VaultRole role, MethodInfo method, GrainId? source)
    {
        var filter = new AccessFilter(new VerifiedClient("tester@here", role), [OpenContract.ClusterManifest]);
        var call = new Call(method, source);
        try
        {
            await filter.Invoke(call);
            Assert.True(call.IsInvoked);
            return null;
        }
        catch (VaultException refusal)
        {
            Assert.False(call.IsInvoked);
            return refusal.Code;
        }
    }

    private static MethodInfo Method<T>(string name) => typeof(T).GetMethod(name) ?? throw new ArgumentException(name);

    [Fact]
    public async Task Call_ByRole_NeedsAtLeastTheOneRequired()
    {
        var methods = typeof(IVaultGrain)
            .Assembly.GetTypes()
            .Where(t => t.IsInterface && typeof(IAddressable).IsAssignableFrom(t))
            .SelectMany(t => t.GetMethods());
        foreach (var method in methods)
        {
            var required = method.GetCustomAttribute<RequiresAttribute>()!.Role;
            foreach (var role in Enum.GetValues<VaultRole>())
            {
                var code = await CallAsync(role, method, Client);
                Assert.Equal((method.Name, role, role >= required ? null : ErrorCodes.AccessDenied), (method.Name, role, code));
            }
        }
    }

    [Fact]
    public async Task Call_WithoutAnnotation_IsRefusedToEveryClient()
    {
        var method = Method<IUnannotatedGrain>(nameof(IUnannotatedGrain.CallAsync));
        foreach (var source in new GrainId?[] { null, Client, Hosted })
            Assert.Equal(ErrorCodes.AccessDenied, await CallAsync(VaultRole.BackupContributor, method, source));
        Assert.Null(await CallAsync(VaultRole.None, method, Grain));
    }

    [Fact]
    public async Task Call_BetweenGrains_IsClosedToClients()
    {
        var method = Method<IVaultKeys>(nameof(IVaultKeys.GetKeyContextAsync));
        Assert.Equal(ErrorCodes.AccessDenied, await CallAsync(VaultRole.BackupContributor, method, Client));
        Assert.Equal(ErrorCodes.AccessDenied, await CallAsync(VaultRole.BackupContributor, method, Hosted));
        Assert.Null(await CallAsync(VaultRole.None, method, Grain));
    }

    [Fact]
    public async Task Call_OfOrleansItself_IsOpenToTheSiloOnly()
    {
        var method = typeof(IManagementGrain).GetMethods()[0];
        Assert.Equal(ErrorCodes.AccessDenied, await CallAsync(VaultRole.BackupContributor, method, Client));
        Assert.Null(await CallAsync(VaultRole.None, method, Hosted));
    }

    [Fact]
    public async Task Call_FromClient_CarriesTheVerifiedNameWhateverItClaims()
    {
        RequestContext.Set("rv.caller", "mallory");
        await CallAsync(VaultRole.BackupReader, Method<IVaultGrain>(nameof(IVaultGrain.GetAsync)), Grain);
        Assert.Equal("mallory", Caller.Current);

        var filter = new AccessFilter(new VerifiedClient("tester@here", VaultRole.BackupReader), []);
        var call = new Call(Method<IVaultGrain>(nameof(IVaultGrain.GetAsync)), Client);
        await filter.Invoke(call);

        Assert.Equal("tester@here", call.SeenCaller);
    }

    private sealed class Call(MethodInfo method, GrainId? source) : IIncomingGrainCallContext
    {
        public bool IsInvoked { get; private set; }

        public string? SeenCaller { get; private set; }

        public MethodInfo InterfaceMethod => method;

        public MethodInfo ImplementationMethod => method;

        public GrainId? SourceId => source;

        public GrainId TargetId => Grain;

        public IInvokable Request => throw new NotSupportedException();

        object IGrainCallContext.Grain => this;

        public GrainInterfaceType InterfaceType => default;

        public string InterfaceName => method.DeclaringType?.Name ?? "";

        public string MethodName => method.Name;

        public object? Result { get; set; }

        public Response? Response { get; set; }

        public IGrainContext TargetContext => throw new NotSupportedException();

        public Task Invoke()
        {
            (IsInvoked, SeenCaller) = (true, Caller.Current);
            return Task.CompletedTask;
        }
    }
}
