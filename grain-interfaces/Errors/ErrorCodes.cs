namespace RecoveryVault.Errors;

/// <summary>
/// Every code a refusal or failure can carry: stable, never reused, explained in <see cref="ErrorTable"/>. Codes beginning with
/// <c>UserErrorCMK</c> follow Azure Backup; where Azure documents one, it is that very string.
/// </summary>
public static class ErrorCodes
{
    public const string InvalidName = nameof(InvalidName);
    public const string InvalidRequest = nameof(InvalidRequest);
    public const string AccessDenied = nameof(AccessDenied);
    public const string ConcurrentChange = nameof(ConcurrentChange);

    public const string VaultNotFound = nameof(VaultNotFound);
    public const string VaultAlreadyExists = nameof(VaultAlreadyExists);
    public const string VaultNotEmpty = nameof(VaultNotEmpty);
    public const string VaultHasDeletedItems = nameof(VaultHasDeletedItems);
    public const string VaultSoftDeleted = nameof(VaultSoftDeleted);
    public const string VaultPurged = nameof(VaultPurged);
    public const string VaultKeyUsable = nameof(VaultKeyUsable);
    public const string ApprovalByAnotherRequired = nameof(ApprovalByAnotherRequired);
    public const string ItemNotFound = nameof(ItemNotFound);
    public const string ItemAlreadyProtected = nameof(ItemAlreadyProtected);
    public const string ItemLimitReached = nameof(ItemLimitReached);
    public const string ProtectionStopped = nameof(ProtectionStopped);
    public const string ItemSoftDeleted = nameof(ItemSoftDeleted);
    public const string RecoveryPointNotFound = nameof(RecoveryPointNotFound);
    public const string RecoveryPointSoftDeleted = nameof(RecoveryPointSoftDeleted);
    public const string RecoveryPointRetained = nameof(RecoveryPointRetained);
    public const string LastRecoveryPoint = nameof(LastRecoveryPoint);
    public const string DeletionLimitReached = nameof(DeletionLimitReached);
    public const string PolicyNotFound = nameof(PolicyNotFound);
    public const string PolicyAlreadyExists = nameof(PolicyAlreadyExists);
    public const string PolicyLimitReached = nameof(PolicyLimitReached);
    public const string PolicyInUse = nameof(PolicyInUse);
    public const string PathNotFound = nameof(PathNotFound);
    public const string JobNotFound = nameof(JobNotFound);

    public const string ClientFailed = nameof(ClientFailed);
    public const string JobNotRunning = nameof(JobNotRunning);
    public const string JobFailed = nameof(JobFailed);
    public const string JobCancelled = nameof(JobCancelled);
    public const string JobNotStoppable = nameof(JobNotStoppable);
    public const string JobStillRunning = nameof(JobStillRunning);
    public const string JobInterrupted = nameof(JobInterrupted);
    public const string BackupInProgress = nameof(BackupInProgress);
    public const string ReclaimInProgress = nameof(ReclaimInProgress);
    public const string ReclaimFailed = nameof(ReclaimFailed);
    public const string SessionLost = nameof(SessionLost);
    public const string CommandFailed = nameof(CommandFailed);
    public const string FilesUnreadable = nameof(FilesUnreadable);
    public const string RestoreIncomplete = nameof(RestoreIncomplete);

    public const string InvalidPattern = nameof(InvalidPattern);
    public const string SourceNotFound = nameof(SourceNotFound);
    public const string SourceUnreadable = nameof(SourceUnreadable);
    public const string TargetNotDirectory = nameof(TargetNotDirectory);
    public const string TargetNotEmpty = nameof(TargetNotEmpty);
    public const string TargetUnwritable = nameof(TargetUnwritable);
    public const string UnsafePath = nameof(UnsafePath);

    public const string StoreNotFound = nameof(StoreNotFound);
    public const string NotAStore = nameof(NotAStore);
    public const string StoreNotEmpty = nameof(StoreNotEmpty);
    public const string StoreTooNew = nameof(StoreTooNew);
    public const string StoreInUse = nameof(StoreInUse);
    public const string StoreOfAnotherCluster = nameof(StoreOfAnotherCluster);
    public const string StoreFull = nameof(StoreFull);
    public const string StoreUnavailable = nameof(StoreUnavailable);
    public const string StoreAccessDenied = nameof(StoreAccessDenied);
    public const string KeysNotFound = nameof(KeysNotFound);
    public const string KeysInsideStore = nameof(KeysInsideStore);
    public const string PlatformKeyNotFound = nameof(PlatformKeyNotFound);
    public const string PlatformKeyInUse = nameof(PlatformKeyInUse);
    public const string OtherSilosActive = nameof(OtherSilosActive);
    public const string WrongPlatformKey = nameof(WrongPlatformKey);
    public const string NotEnoughSpace = nameof(NotEnoughSpace);
    public const string ClusterUnavailable = nameof(ClusterUnavailable);

    /// <summary>Silo and client, or two silos, are of releases that do not work together.</summary>
    public const string ReleaseMismatch = nameof(ReleaseMismatch);
    public const string InsecureListenRefused = nameof(InsecureListenRefused);
    public const string ProtocolMismatch = nameof(ProtocolMismatch);
    public const string RequestTooLarge = nameof(RequestTooLarge);
    public const string TooManyRequests = nameof(TooManyRequests);
    public const string ServerBusy = nameof(ServerBusy);
    public const string ClientLimitReached = nameof(ClientLimitReached);
    public const string ChunkGarbled = nameof(ChunkGarbled);

    public const string KeysExist = nameof(KeysExist);
    public const string PassphraseTooShort = nameof(PassphraseTooShort);
    public const string RecoveryKitDamaged = nameof(RecoveryKitDamaged);
    public const string RecoveryKitOtherStore = nameof(RecoveryKitOtherStore);
    public const string RecoveryKitTooLarge = nameof(RecoveryKitTooLarge);
    public const string RecoveryKitTooNew = nameof(RecoveryKitTooNew);
    public const string RecoveryKitWrongPassphrase = nameof(RecoveryKitWrongPassphrase);

    public const string DataDamaged = nameof(DataDamaged);
    public const string DataMissing = nameof(DataMissing);
    public const string DataBitRot = nameof(DataBitRot);
    public const string DataTampered = nameof(DataTampered);
    public const string RecordTampered = nameof(RecordTampered);
    public const string WrongKey = nameof(WrongKey);
    public const string DataTooNew = nameof(DataTooNew);
    public const string CatalogueDamaged = nameof(CatalogueDamaged);
    public const string CatalogueTooNew = nameof(CatalogueTooNew);

    public const string ReportUnreadable = nameof(ReportUnreadable);
    public const string ReportOtherKey = nameof(ReportOtherKey);
    public const string ReportTampered = nameof(ReportTampered);
    public const string ReportOtherVault = nameof(ReportOtherVault);
    public const string ReportOutdated = nameof(ReportOutdated);

    public const string KeyPermitLapsed = nameof(KeyPermitLapsed);
    public const string KeyVaultUnreachable = nameof(KeyVaultUnreachable);
    public const string RotationBlocked = nameof(RotationBlocked);
    public const string RotationOverdue = nameof(RotationOverdue);
    public const string KeyExpiresSoon = nameof(KeyExpiresSoon);
    public const string UserErrorCMKVaultHasProtectedItems = nameof(UserErrorCMKVaultHasProtectedItems);
    public const string UserErrorCMKProtectionAttempted = nameof(UserErrorCMKProtectionAttempted);
    public const string UserErrorCMKCannotRevertToPMK = nameof(UserErrorCMKCannotRevertToPMK);
    public const string UserErrorInfrastructureEncryptionImmutable = nameof(UserErrorInfrastructureEncryptionImmutable);
    public const string UserErrorCMKVaultIdentityMissing = nameof(UserErrorCMKVaultIdentityMissing);
    public const string IdentityNotFound = nameof(IdentityNotFound);
    public const string UserErrorCMKAtCreateRequiresUserAssignedIdentity = nameof(UserErrorCMKAtCreateRequiresUserAssignedIdentity);
    public const string UserErrorCMKIdentityInUse = nameof(UserErrorCMKIdentityInUse);
    public const string UserErrorCMKUserIdentityPrivateEndpointUnsupported = nameof(UserErrorCMKUserIdentityPrivateEndpointUnsupported);
    public const string UserErrorCMKMissingMangedIdentityPermissionOnKeyVault = nameof(
        UserErrorCMKMissingMangedIdentityPermissionOnKeyVault
    );
    public const string UserErrorCMKKeyVaultAuthFailure = nameof(UserErrorCMKKeyVaultAuthFailure);
    public const string UserErrorCMKSoftDeleteNotEnabledOnKeyVault = nameof(UserErrorCMKSoftDeleteNotEnabledOnKeyVault);
    public const string UserErrorCMKPurgeProtectionNotEnabledOnKeyVault = nameof(UserErrorCMKPurgeProtectionNotEnabledOnKeyVault);
    public const string UserErrorCMKKeyTypeNotSupported = nameof(UserErrorCMKKeyTypeNotSupported);
    public const string UserErrorCMKKeyDisabled = nameof(UserErrorCMKKeyDisabled);
    public const string UserErrorCMKKeyExpired = nameof(UserErrorCMKKeyExpired);
    public const string UserErrorCMKKeyNotYetValid = nameof(UserErrorCMKKeyNotYetValid);
    public const string UserErrorCMKKeyOperationNotPermitted = nameof(UserErrorCMKKeyOperationNotPermitted);
    public const string UserErrorCMKKeyVaultRegionMismatch = nameof(UserErrorCMKKeyVaultRegionMismatch);
    public const string UserErrorCMKInvalidKeyUri = nameof(UserErrorCMKInvalidKeyUri);
    public const string UserErrorCMKVaultMoveNotSupported = nameof(UserErrorCMKVaultMoveNotSupported);
    public const string UserErrorCMKMarsNotSupported = nameof(UserErrorCMKMarsNotSupported);
    public const string UserErrorCMKClassicVmNotSupported = nameof(UserErrorCMKClassicVmNotSupported);
    public const string WorkloadNotSupported = nameof(WorkloadNotSupported);
}
