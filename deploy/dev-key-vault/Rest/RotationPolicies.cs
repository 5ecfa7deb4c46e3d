using RecoveryVault.Keys.Local;

namespace RecoveryVault.DevKeyVault.Rest;

/// <summary>Reads and sets rotation policies in the API's form: a list of triggers with their actions.</summary>
internal static class RotationPolicies
{
    public static async Task<string?> RunAsync(KeyRequest request, KeyOperation operation, LocalKeyVault keys)
    {
        var name = operation.Key ?? "";
        var policy =
            operation.Name == "KeyRotationPolicyGet"
                ? await keys.GetRotationPolicyAsync(name, request.Cancellation)
                : await keys.SetRotationPolicyAsync(
                    name,
                    ToPolicy(await request.ReadAsync(BodyJson.Default.PolicyBody)),
                    request.Cancellation
                );
        var id = $"https://{request.Host}/keys/{name}/rotationpolicy";
        await Answers.OkAsync(request.Context, ToBody(id, policy), BodyJson.Default.PolicyBody);
        return id;
    }

    private static RotationPolicy ToPolicy(PolicyBody body)
    {
        var policy = new RotationPolicy(body.Attributes?.ExpiryTime);
        foreach (var action in body.LifetimeActions ?? [])
        {
            var trigger = action.Trigger ?? throw Answers.BadParameter("A lifetime action has no trigger.");
            policy = action.Action?.Type?.ToLowerInvariant() switch
            {
                "rotate" => policy with { RotateAfterCreate = trigger.TimeAfterCreate, RotateBeforeExpiry = trigger.TimeBeforeExpiry },
                "notify" when trigger.TimeAfterCreate is null => policy with { NotifyBeforeExpiry = trigger.TimeBeforeExpiry },
                _ => throw Answers.BadParameter($"The lifetime action '{action.Action?.Type}' with this trigger is not supported."),
            };
        }
        return policy;
    }

    private static PolicyBody ToBody(string id, RotationPolicy policy)
    {
        var actions = new List<PolicyAction>();
        if (policy.RotateAfterCreate is not null || policy.RotateBeforeExpiry is not null)
            actions.Add(new(new(policy.RotateAfterCreate, policy.RotateBeforeExpiry), new("Rotate")));
        if (policy.NotifyBeforeExpiry is not null)
            actions.Add(new(new(null, policy.NotifyBeforeExpiry), new("Notify")));
        var isSet = policy.UpdatedOn != 0;
        return new(id, actions, new(policy.ExpiryTime, isSet ? policy.CreatedOn : null, isSet ? policy.UpdatedOn : null));
    }
}
