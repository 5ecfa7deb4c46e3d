using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Azure;
using Azure.Core.Pipeline;
using Azure.Identity;
using Azure.Security.KeyVault.Secrets;
using RecoveryVault.Keys;
using RecoveryVault.KeyVaults;

namespace RecoveryVault.Tests.DevKeyVault;

/// <summary>
/// Azure's own client and credential, and ours, against the server. A process of its own: where managed identities get their tokens stands
/// in the environment, and the token cache is the whole process's.
/// </summary>
internal static class ManagedIdentityRole
{
    /// <param name="args">Key vault host, whose identity (object:ID, client:ID, system), then NAME=VALUE for the environment.</param>
    public static async Task RunAsync(string[] args)
    {
        foreach (var setting in args[2..])
            Environment.SetEnvironmentVariable(setting.Split('=', 2)[0], setting.Split('=', 2)[1]);
        var (host, who) = (args[0], args[1].Split(':'));
        var identity = who[0] switch
        {
            "object" => ManagedIdentityId.FromUserAssignedObjectId(who[1]),
            "client" => ManagedIdentityId.FromUserAssignedClientId(who[1]),
            "resource" => ManagedIdentityId.FromUserAssignedResourceId(new(who[1])),
            _ => ManagedIdentityId.SystemAssigned,
        };
        await Console.Out.WriteLineAsync($"official: {await AskForSecretAsync(host, new ManagedIdentityCredential(identity))}");
        if (who[0] == "object")
            await Console.Out.WriteLineAsync($"ours: {await AskForKeyAsync(host, who[1])}");
    }

    private static async Task<string> AskForSecretAsync(string host, ManagedIdentityCredential credential)
    {
        using var http = new HttpClient(Handler());
        var options = new SecretClientOptions { Transport = new HttpClientTransport(http) };
        options.Retry.MaxRetries = 0;
        try
        {
            await new SecretClient(new Uri($"https://{host}"), credential, options).GetSecretAsync("none");
            return "200";
        }
        catch (RequestFailedException e)
        {
            return $"{e.Status} {e.ErrorCode}";
        }
        catch (AuthenticationFailedException)
        {
            return "no token";
        }
    }

    private static async Task<string> AskForKeyAsync(string host, string principal)
    {
        var connector = KeyVaultAccess
            .Read(Environment.GetEnvironmentVariable)
            .Connect((_, _) => throw new InvalidOperationException(), TimeProvider.System);
        try
        {
            await connector.Open(KeyId.Parse($"https://{host}/keys/none"), principal).GetKeyAsync("none", null);
            return "200";
        }
        catch (KeyVaultException e)
        {
            return $"{e.Fault}";
        }
    }

    private static SocketsHttpHandler Handler()
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.ImportFromPemFile(Environment.GetEnvironmentVariable(KeyVaultAccess.RootsVariable) ?? "");
        var endpoint = new Uri(Environment.GetEnvironmentVariable(KeyVaultAccess.EndpointVariable) ?? "");
        return new SocketsHttpHandler
        {
            SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = policy },
            ConnectCallback = async (_, cancellation) =>
            {
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
                await socket.ConnectAsync(IPAddress.Loopback, endpoint.Port, cancellation);
                return new NetworkStream(socket, ownsSocket: true);
            },
        };
    }
}
