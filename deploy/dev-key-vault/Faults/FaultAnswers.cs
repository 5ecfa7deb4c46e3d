using System.Text;
using Microsoft.AspNetCore.Http;
using RecoveryVault.DevKeyVault.Rest;
using RecoveryVault.DevKeyVault.Tokens;

namespace RecoveryVault.DevKeyVault.Faults;

/// <summary>Lets the trouble of a rule befall a request.</summary>
internal static class FaultAnswers
{
    private static readonly string Claims = Convert.ToBase64String(
        Encoding.ASCII.GetBytes("""{"access_token":{"nbf":{"essential":true}}}""")
    );

    /// <returns>Whether the request is done with; otherwise it goes on.</returns>
    /// <exception cref="TokenRefusedException">The rule refuses the token.</exception>
    public static async Task<bool> GiveAsync(HttpContext context, FaultRule fault, TimeProvider time)
    {
        switch (fault.Kind)
        {
            case FaultKind.Throttle:
                await Answers.ThrottledAsync(context, fault.RetryAfterSeconds);
                return true;
            case FaultKind.ServerError:
                await Answers.ErrorAsync(context, fault.Status ?? 500, "InternalServerError", "Internal server error.");
                return true;
            case FaultKind.Drop:
                context.Abort();
                return true;
            case FaultKind.ExpiredToken:
                throw TokenRefusedException.Lifetime();
            case FaultKind.ClaimsChallenge:
                throw TokenRefusedException.InsufficientClaims(Claims);
            default:
                await Task.Delay(TimeSpan.FromMilliseconds(fault.DelayMilliseconds ?? 0), time, context.RequestAborted);
                return false;
        }
    }
}
