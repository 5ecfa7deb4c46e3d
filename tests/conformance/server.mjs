// Starts the development Key Vault on free ports, and speaks to its management routes.
import { spawn, spawnSync } from "node:child_process";
import fs from "node:fs";
import https from "node:https";
import os from "node:os";
import path from "node:path";
import { randomUUID } from "node:crypto";

const root = path.resolve(import.meta.dirname, "../..");
const project = path.join(root, "deploy/dev-key-vault");

/** The built server: given by the caller, or built now. */
function program() {
  if (process.env.RVAULT_DEV_KEY_VAULT) return process.env.RVAULT_DEV_KEY_VAULT;
  const built = spawnSync("dotnet", ["build", project, "-v", "q", "--nologo"], { stdio: ["ignore", "inherit", "inherit"] });
  if (built.status !== 0) throw new Error("The development Key Vault does not build.");
  return path.join(root, "artifacts/bin/RecoveryVault.DevKeyVault/debug/RecoveryVault.DevKeyVault.dll");
}

export async function start() {
  const data = fs.mkdtempSync(path.join(os.tmpdir(), "rvault-conformance-"));
  const child = spawn("dotnet", [program(), "--data", data, "--imds"], { stdio: ["ignore", "pipe", "inherit"] });
  const environment = await settings(child);
  const ca = fs.readFileSync(environment.RVAULT_KEYVAULT_CA);
  const port = Number(new URL(environment.RVAULT_KEYVAULT_ENDPOINT).port);
  const secret = JSON.parse(fs.readFileSync(path.join(data, "server.json"))).managementToken;
  // *.vault.localhost need not resolve: every connection goes to loopback, under the name it was asked for.
  const lookup = (_, options, found) =>
    options.all ? found(null, [{ address: "127.0.0.1", family: 4 }]) : found(null, "127.0.0.1", 4);
  const agent = new https.Agent({ ca, lookup, keepAlive: true });

  const manage = (method, route, body) => send({ agent, port, host: "127.0.0.1", method, path: `/manage/${route}`, token: secret, body });
  return {
    environment,
    agent,
    port,
    manage,
    /** One raw request to a key vault. */
    raw: (vault, method, route, token, body) =>
      send({ agent, port, host: `${vault}.vault.localhost`, method, path: `/${route}`, token, body }),
    token: async (objectId, more = {}) => (await manage("POST", "tokens", { objectId, ...more })).json.accessToken,
    newVault: async (settings = {}) => {
      const name = `kv${randomUUID().slice(0, 8)}`;
      await manage("PUT", `keyvaults/${name}`, { location: "westeurope", ...settings });
      return name;
    },
    stop: async () => {
      const ended = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGTERM");
      await ended;
      agent.destroy();
      fs.rmSync(data, { recursive: true, force: true });
    },
  };
}

/** Reads the lines for a shell that the server prints when it listens. */
function settings(child) {
  return new Promise((resolve, reject) => {
    let text = "";
    child.once("exit", (code) => reject(new Error(`The development Key Vault ended with ${code}.`)));
    child.stdout.on("data", (chunk) => {
      text += chunk;
      const found = Object.fromEntries([...text.matchAll(/^export (\w+)='?([^'\n]*)'?\n/gm)].map((m) => [m[1], m[2]]));
      if (found.IDENTITY_HEADER) resolve(found);
    });
  });
}

function send({ agent, port, host, method, path, token, body }) {
  return new Promise((resolve, reject) => {
    const content = body === undefined ? undefined : JSON.stringify(body);
    const headers = { "content-type": "application/json" };
    if (token) headers.authorization = `Bearer ${token}`;
    if (content !== undefined) headers["content-length"] = Buffer.byteLength(content);
    const request = https.request({ agent, host, servername: host === "127.0.0.1" ? "" : host, port, method, path, headers }, (answer) => {
      let text = "";
      answer.on("data", (chunk) => (text += chunk));
      answer.on("end", () => {
        let json;
        try {
          json = JSON.parse(text);
        } catch {
          json = undefined;
        }
        resolve({ status: answer.statusCode, headers: answer.headers, json });
      });
    });
    request.on("error", reject);
    request.end(content);
  });
}
