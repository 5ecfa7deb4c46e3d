using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace RecoveryVault.DevKeyVault;

/// <summary>
/// TLS for <c>*.vault.localhost</c>: a CA made at the first start, whose certificate clients trust (<c>ca.pem</c>), and a server
/// certificate made anew at every start.
/// </summary>
internal static class Certificates
{
    public const string AuthorityFile = "ca.pem";

    private const string AuthorityKeyFile = "ca-key.pem";
    private const int AuthorityYears = 10;
    private const int ServerDays = 90;

    public static X509Certificate2 Issue(PrivateDirectory data, TimeProvider time)
    {
        using var authority = ReadOrMakeAuthority(data, time);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=vault.localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("*.vault.localhost");
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], critical: false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(authority, true, false));
        var now = time.GetUtcNow();
        using var issued = request.Create(authority, now.AddHours(-1), now.AddDays(ServerDays), RandomNumberGenerator.GetBytes(16));
        using var pair = issued.CopyWithPrivateKey(key);
        // TLS wants a key that outlives this method.
        return X509CertificateLoader.LoadPkcs12(pair.Export(X509ContentType.Pkcs12), null);
    }

    private static X509Certificate2 ReadOrMakeAuthority(PrivateDirectory data, TimeProvider time)
    {
        if (File.Exists(data[AuthorityFile]) && File.Exists(data[AuthorityKeyFile]))
        {
            data.Protect(AuthorityKeyFile);
            return X509Certificate2.CreateFromPemFile(data[AuthorityFile], data[AuthorityKeyFile]);
        }
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=RecoveryVault development Key Vault CA", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        var now = time.GetUtcNow();
        var authority = request.CreateSelfSigned(now.AddDays(-1), now.AddYears(AuthorityYears));
        data.Write(AuthorityKeyFile, Encoding.ASCII.GetBytes(key.ExportPkcs8PrivateKeyPem()));
        data.Write(AuthorityFile, Encoding.ASCII.GetBytes(authority.ExportCertificatePem()));
        return authority;
    }
}
