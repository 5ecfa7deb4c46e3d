namespace RecoveryVault.DevKeyVault.Limits;

/// <summary>How many transactions of a kind ten seconds may hold, from the service's table of limits.</summary>
internal static class TransactionLimits
{
    private const int Usual = 4000;
    private const int Making = 20;

    public static int Of(string operationName, string keyType, int sizeBits)
    {
        var isHsm = keyType.EndsWith("-HSM", StringComparison.Ordinal);
        var limit = operationName is "KeyCreate" or "KeyImport" or "KeyRotate" ? Making : OfKey(keyType, sizeBits);
        return isHsm ? limit / 2 : limit;
    }

    private static int OfKey(string keyType, int sizeBits) =>
        (keyType.StartsWith("RSA", StringComparison.Ordinal), sizeBits) switch
        {
            (true, > 3072) => Usual / 8,
            (true, > 2048) => Usual / 4,
            _ => Usual,
        };
}
