// What a cluster needs of Azure: blobs, a customer's key, and the one identity that may use both. Nothing of it has a shared key or password.
//   az deployment group create -g GROUP -f deploy/azure/main.bicep -p name=contosobackup subnetId=… issuer=…

@description('Begins the names of everything here; the storage account and the key vault are called by it.')
@minLength(3)
@maxLength(18)
param name string

@description('Where; vault and key vault must lie in one region.')
param location string = resourceGroup().location

@description('The subnet of the silos, with the service endpoints Microsoft.Storage and Microsoft.KeyVault: nobody else gets in.')
param subnetId string

@description('The OIDC issuer of the Kubernetes cluster that the silos run in.')
param issuer string

@description('The service account of the silos, as NAMESPACE:NAME.')
param serviceAccount string = 'recoveryvault:rvault-silo'

@description('For how many days blobs that were overwritten or deleted can still be had back.')
@minValue(7)
@maxValue(365)
param blobRetentionDays int = 30

var container = 'recoveryvault'
var roles = {
  storageBlobDataContributor: 'ba92f5b4-2d11-453d-a403-e96b0029c9fe'
  keyVaultCryptoServiceEncryptionUser: 'e147488a-f6f5-4113-8e2d-b22465e65bf6'
}

resource silo 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {
  name: '${name}-silo'
  location: location

  resource kubernetes 'federatedIdentityCredentials' = {
    name: 'kubernetes'
    properties: {
      issuer: issuer
      subject: 'system:serviceaccount:${serviceAccount}'
      audiences: ['api://AzureADTokenExchange']
    }
  }
}

resource storage 'Microsoft.Storage/storageAccounts@2023-05-01' = {
  name: replace(toLower(name), '-', '')
  location: location
  kind: 'StorageV2'
  sku: { name: 'Standard_ZRS' }
  properties: {
    accessTier: 'Hot'
    allowBlobPublicAccess: false
    allowSharedKeyAccess: false
    allowCrossTenantReplication: false
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    networkAcls: {
      defaultAction: 'Deny'
      bypass: 'None'
      virtualNetworkRules: [{ id: subnetId, action: 'Allow' }]
    }
  }

  resource blobs 'blobServices' = {
    name: 'default'
    properties: {
      isVersioningEnabled: true
      deleteRetentionPolicy: { enabled: true, days: blobRetentionDays }
      containerDeleteRetentionPolicy: { enabled: true, days: blobRetentionDays }
    }

    resource store 'containers' = {
      name: container
      properties: { publicAccess: 'None' }
    }
  }

  // Versions of what a reclaim deleted would be kept, and paid for, for ever.
  resource policies 'managementPolicies' = {
    name: 'default'
    properties: {
      policy: {
        rules: [
          {
            name: 'versions'
            type: 'Lifecycle'
            definition: {
              filters: { blobTypes: ['blockBlob'] }
              actions: { version: { delete: { daysAfterCreationGreaterThan: blobRetentionDays } } }
            }
          }
        ]
      }
    }
    dependsOn: [blobs]
  }
}

resource keyVault 'Microsoft.KeyVault/vaults@2023-07-01' = {
  name: name
  location: location
  properties: {
    tenantId: tenant().tenantId
    sku: { family: 'A', name: 'premium' }
    enableRbacAuthorization: true
    enableSoftDelete: true
    softDeleteRetentionInDays: 90
    enablePurgeProtection: true
    networkAcls: {
      defaultAction: 'Deny'
      bypass: 'None'
      virtualNetworkRules: [{ id: subnetId }]
    }
  }

  resource kek 'keys' = {
    name: 'backups'
    properties: {
      kty: 'RSA'
      keySize: 3072
      keyOps: ['wrapKey', 'unwrapKey']
      rotationPolicy: {
        attributes: { expiryTime: 'P2Y' }
        lifetimeActions: [
          { trigger: { timeAfterCreate: 'P1Y' }, action: { type: 'rotate' } }
          { trigger: { timeBeforeExpiry: 'P30D' }, action: { type: 'notify' } }
        ]
      }
    }
  }
}

resource mayStore 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(storage::blobs::store.id, silo.id, roles.storageBlobDataContributor)
  scope: storage::blobs::store
  properties: {
    principalId: silo.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.storageBlobDataContributor)
  }
}

resource mayWrap 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(keyVault::kek.id, silo.id, roles.keyVaultCryptoServiceEncryptionUser)
  scope: keyVault::kek
  properties: {
    principalId: silo.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.keyVaultCryptoServiceEncryptionUser)
  }
}

@description('RVAULT_BLOBS of the silos.')
output blobs string = '${storage.properties.primaryEndpoints.blob}${container}'

@description('azure.workload.identity/client-id of the service account.')
output clientId string = silo.properties.clientId

@description('--user-assigned of vault identity assign, and --mi-user-assigned of vault encryption update.')
output identityId string = silo.id

@description('--encryption-key-id of vaults: without a version, they follow its rotation.')
output keyUri string = keyVault::kek.properties.keyUri
