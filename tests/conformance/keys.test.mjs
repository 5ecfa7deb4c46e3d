// Azure's KeyClient and CryptographyClient do all they can do with keys, with challenge verification on.
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { constants, createHash, generateKeyPairSync, privateDecrypt, publicEncrypt, randomBytes, randomUUID, verify, createPublicKey } from "node:crypto";
import { ManagedIdentityCredential } from "@azure/identity";
import { CryptographyClient, KeyClient } from "@azure/keyvault-keys";
import { start } from "./server.mjs";

const Oaep256 = "RSA-OAEP-256";
const owner = randomUUID();
let server, vault, uri, tokensAsked, claimsSeen;

before(async () => {
  server = await start();
});
after(() => server?.stop());

beforeEach(async () => {
  await server.manage("PUT", "faults", []);
  vault = await server.newVault();
  uri = `https://${vault}.vault.localhost:${server.port}`;
  await allow(owner, "all", "purge");
  [tokensAsked, claimsSeen] = [0, []];
});

const allow = (principal, ...keys) => server.manage("PUT", `keyvaults/${vault}/policies/${principal}`, { keys });
const loopback = {
  policy: { name: "loopback", sendRequest: (request, next) => ((request.agent = server.agent), next(request)) },
  position: "perRetry",
};
const options = (more) => ({ additionalPolicies: [loopback], retryOptions: { maxRetries: 2, retryDelayInMs: 1 }, ...more });
const credential = (principal = owner) => ({
  getToken: async (scopes, asked) => {
    assert.deepEqual([scopes].flat(), ["https://vault.localhost/.default"]);
    tokensAsked++;
    if (asked?.claims) claimsSeen.push(asked.claims);
    return { token: await server.token(principal), expiresOnTimestamp: Date.now() + 300_000 };
  },
});
const client = (principal, more) => new KeyClient(uri, credential(principal), options(more));
const cryptography = (id, principal) => new CryptographyClient(id, credential(principal), options());
const all = async (pages) => {
  const items = [];
  for await (const item of pages) items.push(item);
  return items;
};
const rejects = (promise, status, inner) =>
  assert.rejects(promise, (e) => {
    assert.equal(e.statusCode, status, e.message);
    const error = e.details?.error;
    if (inner) assert.equal((error?.innererror ?? error?.innerError)?.code, inner);
    return true;
  });
const raw = async (method, route, body, version = "7.6") =>
  server.raw(vault, method, `${route}?api-version=${version}`, await server.token(owner), body);

test("a first contact is challenged, then gets in with one token", async () => {
  await client().createRsaKey("k", { keySize: 2048 });
  assert.equal(tokensAsked, 1);
});

test("a first request with a body is challenged before the body is looked at", async () => {
  const answer = await server.raw(vault, "POST", "keys/k/create?api-version=7.6", undefined, "nonsense");
  assert.equal(answer.status, 401);
  assert.match(answer.headers["www-authenticate"], /^Bearer authorization="https:\/\/.+", resource="https:\/\/vault.localhost"$/);
});

test("create RSA key has the service's shape", async () => {
  const key = await client().createRsaKey("k", { keySize: 3072, tags: { a: "b" } });
  assert.match(key.id, new RegExp(`^${uri}/keys/k/[0-9a-f]{32}$`));
  assert.deepEqual([key.keyType, key.name, key.properties.enabled, key.properties.tags.a], ["RSA", "k", true, "b"]);
  assert.equal(key.key.n.length, 384);
  assert.equal(key.properties.recoveryLevel, "Recoverable+Purgeable");
  assert.equal(key.properties.recoverableDays, 90);
});

test("create EC keys on each curve", async () => {
  for (const curve of ["P-256", "P-384", "P-521"]) assert.equal((await client().createEcKey(curve.replace(".", ""), { curve })).key.crv, curve);
});

test("create with window and operations", async () => {
  const expiresOn = new Date(Math.floor(Date.now() / 1000) * 1000 + 86_400_000);
  const key = await client().createKey("k", "RSA", { expiresOn, notBefore: new Date(0), keyOps: ["wrapKey"], enabled: false });
  assert.deepEqual([key.properties.expiresOn, key.properties.enabled, key.keyOperations], [expiresOn, false, ["wrapKey"]]);
});

test("a wrong key size is refused", () => rejects(client().createRsaKey("k", { keySize: 1024 }), 400));

test("get latest and get a version", async () => {
  const [first, second] = [await client().createRsaKey("k"), await client().createRsaKey("k")];
  assert.equal((await client().getKey("k")).id, second.id);
  assert.equal((await client().getKey("k", { version: first.properties.version })).id, first.id);
});

test("get of a missing key is 404 KeyNotFound", () =>
  assert.rejects(client().getKey("none"), (e) => e.statusCode === 404 && e.code === "KeyNotFound"));

test("list keys pages through", async () => {
  for (let i = 0; i < 5; i++) await client().createEcKey(`k${i}`);
  const pages = [];
  for await (const page of client().listPropertiesOfKeys().byPage({ maxPageSize: 2 })) pages.push(page.map((k) => k.name));
  assert.deepEqual(pages, [["k0", "k1"], ["k2", "k3"], ["k4"]]);
});

test("list versions pages through more than a page of 25", async () => {
  for (let i = 0; i < 27; i++) await client().createEcKey("k");
  assert.equal(new Set((await all(client().listPropertiesOfKeyVersions("k"))).map((v) => v.version)).size, 27);
});

test("update properties of a version", async () => {
  const key = await client().createRsaKey("k");
  const updated = await client().updateKeyProperties("k", key.properties.version, { enabled: false, tags: { x: "y" }, keyOps: ["unwrapKey"] });
  assert.deepEqual([updated.properties.enabled, updated.properties.tags.x, updated.keyOperations], [false, "y", ["unwrapKey"]]);
});

test("import a key made by node", async () => {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const jwk = privateKey.export({ format: "jwk" });
  const bytes = Object.fromEntries(["n", "e", "d", "p", "q", "dp", "dq", "qi"].map((p) => [p, Buffer.from(jwk[p], "base64url")]));
  const key = await client().importKey("mine", { kty: "RSA", keyOps: ["unwrapKey"], ...bytes });
  const wrapped = publicEncrypt({ key: publicKey, oaepHash: "sha256", padding: constants.RSA_PKCS1_OAEP_PADDING }, Buffer.from("secret"));
  assert.equal(Buffer.from((await cryptography(key.id).unwrapKey(Oaep256, wrapped)).result).toString(), "secret");
});

test("wrap and unwrap with RSA-OAEP-256 on the server", async () => {
  const [key, dek] = [await client().createRsaKey("k"), randomBytes(32)];
  const wrapped = await cryptography(key.id).wrapKey(Oaep256, dek);
  assert.equal(wrapped.keyID, key.id);
  assert.deepEqual(Buffer.from((await cryptography(key.id).unwrapKey(Oaep256, wrapped.result)).result), dek);
});

for (const algorithm of ["RSA-OAEP", "RSA1_5"])
  test(`wrap locally and unwrap on the server with ${algorithm}`, async () => {
    const [key, dek] = [await client().createRsaKey("k"), randomBytes(32)];
    const wrapped = await cryptography(key.id).wrapKey(algorithm, dek);
    assert.deepEqual(Buffer.from((await cryptography(key.id).unwrapKey(algorithm, wrapped.result)).result), dek);
  });

test("node wraps with n and e, the server unwraps", async () => {
  const [key, dek] = [await client().createRsaKey("k"), randomBytes(32)];
  const jwk = { kty: "RSA", n: Buffer.from(key.key.n).toString("base64url"), e: Buffer.from(key.key.e).toString("base64url") };
  const publicKey = createPublicKey({ key: jwk, format: "jwk" });
  const wrapped = publicEncrypt({ key: publicKey, oaepHash: "sha256", padding: constants.RSA_PKCS1_OAEP_PADDING }, dek);
  assert.deepEqual(Buffer.from((await cryptography(key.id).unwrapKey(Oaep256, wrapped)).result), dek);
});

test("the server wraps, node unwraps", async () => {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const jwk = privateKey.export({ format: "jwk" });
  const bytes = Object.fromEntries(["n", "e", "d", "p", "q", "dp", "dq", "qi"].map((p) => [p, Buffer.from(jwk[p], "base64url")]));
  await client().importKey("mine", { kty: "RSA", keyOps: ["wrapKey"], ...bytes });
  const answer = await raw("POST", "keys/mine/wrapkey", { alg: Oaep256, value: Buffer.from("dek").toString("base64url") });
  const back = privateDecrypt(
    { key: privateKey, oaepHash: "sha256", padding: constants.RSA_PKCS1_OAEP_PADDING },
    Buffer.from(answer.json.value, "base64url"),
  );
  assert.equal(back.toString(), "dek");
});

test("encrypt and decrypt", async () => {
  const key = await client().createRsaKey("k");
  const sealed = await cryptography(key.id).encrypt({ algorithm: Oaep256, plaintext: Buffer.from("text") });
  const opened = await cryptography(key.id).decrypt({ algorithm: Oaep256, ciphertext: sealed.result });
  assert.equal(Buffer.from(opened.result).toString(), "text");
});

for (const [algorithm, hash] of [["RS256", "sha256"], ["PS384", "sha384"], ["RS512", "sha512"]])
  test(`sign and verify with ${algorithm}`, async () => {
    const key = await client().createRsaKey("k");
    const digest = createHash(hash).update("text").digest();
    const signed = await cryptography(key.id).sign(algorithm, digest);
    assert.equal((await cryptography(key.id).verify(algorithm, digest, signed.result)).result, true);
    digest[0] ^= 1;
    assert.equal((await cryptography(key.id).verify(algorithm, digest, signed.result)).result, false);
  });

test("an EC signature of the server verifies in node", async () => {
  const key = await client().createEcKey("k", { curve: "P-256" });
  const signed = await cryptography(key.id).sign("ES256", createHash("sha256").update("text").digest());
  const [x, y] = [key.key.x, key.key.y].map((c) => Buffer.from(c).toString("base64url"));
  const publicKey = createPublicKey({ key: { kty: "EC", crv: "P-256", x, y }, format: "jwk" });
  assert.equal(verify("sha256", Buffer.from("text"), { key: publicKey, dsaEncoding: "ieee-p1363" }, Buffer.from(signed.result)), true);
});

test("rotate makes a version; the old one still unwraps", async () => {
  const [key, dek] = [await client().createRsaKey("k"), randomBytes(32)];
  const wrapped = await cryptography(key.id).wrapKey(Oaep256, dek);
  const rotated = await client().rotateKey("k");
  assert.notEqual(rotated.id, key.id);
  assert.deepEqual(Buffer.from((await cryptography(key.id).unwrapKey(Oaep256, wrapped.result)).result), dek);
  await rejects(cryptography(rotated.id).unwrapKey(Oaep256, wrapped.result), 400);
});

test("a rotation policy is kept, shown, and carried out on time", async () => {
  const key = await client().createRsaKey("k");
  const policy = { expiresIn: "P90D", lifetimeActions: [{ action: "Rotate", timeAfterCreate: "P30D" }] };
  const set = await client().updateKeyRotationPolicy("k", policy);
  assert.deepEqual([set.expiresIn, set.lifetimeActions[0].timeAfterCreate], ["P90D", "P30D"]);
  assert.equal((await client().getKeyRotationPolicy("k")).lifetimeActions[0].action.toLowerCase(), "rotate");
  await server.manage("PUT", "clock", { advanceSeconds: 31 * 86_400 });
  try {
    assert.notEqual((await client().getKey("k")).id, key.id);
  } finally {
    await server.manage("PUT", "clock", { now: new Date().toISOString() });
  }
});

test("delete, see it deleted, recover", async () => {
  const key = await client().createRsaKey("k");
  const poller = await client().beginDeleteKey("k", { intervalInMs: 1 });
  const deleted = await poller.pollUntilDone();
  assert.equal(deleted.properties.recoveryId, `${uri}/deletedkeys/k`);
  assert.ok(deleted.properties.scheduledPurgeDate > deleted.properties.deletedOn);
  assert.deepEqual((await all(client().listDeletedKeys())).map((k) => k.name), ["k"]);
  await rejects(client().createRsaKey("k"), 409, "ObjectIsDeletedButRecoverable");
  const recovering = await client().beginRecoverDeletedKey("k", { intervalInMs: 1 });
  assert.equal((await recovering.pollUntilDone()).id, key.id);
});

test("purge frees the name", async () => {
  await client().createRsaKey("k");
  await (await client().beginDeleteKey("k", { intervalInMs: 1 })).pollUntilDone();
  await client().purgeDeletedKey("k");
  await rejects(client().getDeletedKey("k"), 404);
  await client().createRsaKey("k");
});

test("purge protection refuses to purge", async () => {
  vault = await server.newVault({ enablePurgeProtection: true, retentionDays: 7 });
  uri = `https://${vault}.vault.localhost:${server.port}`;
  await allow(owner, "all", "purge");
  assert.equal((await client().createRsaKey("k")).properties.recoveryLevel, "CustomizedRecoverable");
  await (await client().beginDeleteKey("k", { intervalInMs: 1 })).pollUntilDone();
  await rejects(client().purgeDeletedKey("k"), 403);
});

test("backup and restore in another key vault keep ids of versions", async () => {
  const key = await client().createRsaKey("k");
  const backup = await client().backupKey("k");
  await rejects(client().restoreKeyBackup(backup), 409);
  vault = await server.newVault();
  uri = `https://${vault}.vault.localhost:${server.port}`;
  await allow(owner, "all");
  assert.equal((await client().restoreKeyBackup(backup)).properties.version, key.properties.version);
});

test("a disabled key does nothing", async () => {
  const key = await client().createRsaKey("k");
  await client().updateKeyProperties("k", key.properties.version, { enabled: false });
  assert.equal((await client().getKey("k")).properties.enabled, false);
  for (const operation of ["wrapkey", "unwrapkey", "encrypt", "decrypt", "sign"]) {
    const answer = await raw("POST", `keys/k/${operation}`, { alg: operation === "sign" ? "RS256" : Oaep256, value: "A".repeat(43) });
    assert.deepEqual([answer.status, answer.json.error.innererror.code], [403, "KeyDisabled"]);
  }
});

test("an expired key unwraps and does not wrap", async () => {
  const dek = randomBytes(32);
  const key = await client().createRsaKey("k");
  const wrapped = await cryptography(key.id).wrapKey(Oaep256, dek);
  await client().updateKeyProperties("k", key.properties.version, { expiresOn: new Date(Date.now() - 60_000) });
  const unwrap = await raw("POST", "keys/k/unwrapkey", { alg: Oaep256, value: Buffer.from(wrapped.result).toString("base64url") });
  assert.equal(unwrap.json.value, dek.toString("base64url"));
  const wrap = await raw("POST", "keys/k/wrapkey", { alg: Oaep256, value: "AAAA" });
  assert.deepEqual([wrap.status, wrap.json.error.innererror.code], [403, "KeyExpired"]);
});

test("a key before its time unwraps and does not wrap", async () => {
  const dek = randomBytes(32);
  const key = await client().createRsaKey("k");
  const wrapped = await cryptography(key.id).wrapKey(Oaep256, dek);
  await client().updateKeyProperties("k", key.properties.version, { notBefore: new Date(Date.now() + 3_600_000) });
  const unwrap = await raw("POST", "keys/k/unwrapkey", { alg: Oaep256, value: Buffer.from(wrapped.result).toString("base64url") });
  assert.equal(unwrap.json.value, dek.toString("base64url"));
  const wrap = await raw("POST", "keys/k/wrapkey", { alg: Oaep256, value: "AAAA" });
  assert.deepEqual([wrap.status, wrap.json.error.innererror.code], [403, "KeyNotYetValid"]);
});

test("an operation that is not the key's is forbidden", async () => {
  await client().createRsaKey("k", { keyOps: ["wrapKey"] });
  const answer = await raw("POST", "keys/k/unwrapkey", { alg: Oaep256, value: "A".repeat(342) });
  assert.deepEqual([answer.status, answer.json.error.innererror.code], [403, "KeyOperationForbidden"]);
});

test("without permission: 403 with the access policy's words", async () => {
  const stranger = randomUUID();
  await allow(stranger, "get");
  await assert.rejects(client(stranger).createRsaKey("k"), (e) => e.statusCode === 403 && /does not have keys create permission/.test(e.message));
});

test("without a role: 403 ForbiddenByRbac", async () => {
  vault = await server.newVault({ enableRbacAuthorization: true });
  uri = `https://${vault}.vault.localhost:${server.port}`;
  await rejects(client().getKey("k"), 403);
  await server.manage("PUT", `keyvaults/${vault}/roles/${owner}?role=Key%20Vault%20Crypto%20Officer`);
  await client().createRsaKey("k");
});

test("behind the firewall: trusted services get in, a user-assigned identity does not", async () => {
  vault = await server.newVault({ defaultAction: "Deny" });
  uri = `https://${vault}.vault.localhost:${server.port}`;
  const { principalId } = (await server.manage("PUT", "identities/firewalled")).json;
  await allow(principalId, "get", "create");
  await rejects(client(principalId).createRsaKey("k"), 403);
  await allow(owner, "create");
  await client().createRsaKey("k");
});

test("429 with Retry-After is retried", async () => {
  await client().createRsaKey("k");
  await server.manage("PUT", "faults", [{ kind: "Throttle", count: 2, retryAfterSeconds: 0 }]);
  await client().getKey("k");
  assert.deepEqual((await server.manage("GET", "faults")).json, []);
});

test("429 without Retry-After is told: this SDK does not retry it", async () => {
  await client().createRsaKey("k");
  await server.manage("PUT", "faults", [{ kind: "Throttle", count: 1 }]);
  await assert.rejects(client().getKey("k"), (e) => e.statusCode === 429 && e.code === "Throttled");
  await client().getKey("k");
});

test("5xx is retried and in the end told", async () => {
  await client().createRsaKey("k");
  await server.manage("PUT", "faults", [{ kind: "ServerError", count: 1, status: 503 }]);
  await client().getKey("k");
  await server.manage("PUT", "faults", [{ kind: "ServerError", count: 0 }]);
  await rejects(client().getKey("k"), 500);
});

test("a cut connection is retried", async () => {
  const connected = client();
  await connected.createRsaKey("k");
  await server.manage("PUT", "faults", [{ kind: "Drop", count: 1 }]);
  await connected.getKey("k");
});

test("a claims challenge gets a new token with the claims", async () => {
  await client().createRsaKey("k");
  await server.manage("PUT", "faults", [{ kind: "ClaimsChallenge", count: 1 }]);
  await client().getKey("k");
  assert.deepEqual(claimsSeen.map((c) => Object.keys(JSON.parse(c))), [["access_token"]]);
});

test("tokens of another audience or tenant, and expired ones, are refused", async () => {
  for (const wrong of [{ audience: "https://management.azure.com" }, { tenantId: randomUUID() }, { lifetimeSeconds: -1 }]) {
    const answer = await server.raw(vault, "GET", "keys?api-version=7.6", await server.token(owner, wrong));
    assert.equal(answer.status, 401);
    assert.match(answer.json.error.message, /^AKV10/);
  }
});

test("each api-version works from end to end", async () => {
  for (const serviceVersion of ["7.4", "7.5", "7.6", "2025-07-01"]) await client(owner, { serviceVersion }).createEcKey("k");
  assert.equal((await raw("GET", "keys", undefined, "1.0")).status, 400);
});

test("Azure's managed identity credential gets its token here", async () => {
  const identity = (await server.manage("PUT", "identities/conformance")).json;
  await allow(identity.principalId, "get", "create");
  process.env.IDENTITY_ENDPOINT = server.environment.IDENTITY_ENDPOINT;
  process.env.IDENTITY_HEADER = server.environment.IDENTITY_HEADER;
  const managed = new KeyClient(uri, new ManagedIdentityCredential({ clientId: identity.clientId }), options());
  await managed.createRsaKey("k");
  await rejects(managed.rotateKey("k"), 403);
});

test("the audit log names what was done, by whom, to which key", async () => {
  const key = await client().createRsaKey("k");
  await cryptography(key.id).wrapKey(Oaep256, randomBytes(32));
  const events = (await server.manage("GET", "audit")).json.filter((e) => e.resourceId.endsWith(`/${vault}`) && e.identity);
  assert.deepEqual(events.map((e) => e.operationName), ["KeyCreate", "KeyGet", "KeyWrap"]);
  assert.ok(events.every((e) => e.identity.claim.oid === owner && e.resultType === "Success"));
  assert.equal(events.at(-1).properties.id, key.id);
});
