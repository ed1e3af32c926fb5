import { deepEqual, equal, notEqual, ok, rejects } from "node:assert/strict";
import { createPrivateKey, generateKeyPairSync, X509Certificate } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { SimClock } from "../../test/support/sim-clock.ts";
import { newFolder } from "../../test/support/temporary-folder.ts";
import { nodeDisk } from "../base/disk.ts";
import { logTo } from "../base/log.ts";
import { systemRandom } from "../base/random.ts";
import { certificateOf } from "./certificate.ts";
import { openCertificate, PasswordFile, readAgentCa } from "./enrolment-files-disk.ts";
import { EnrolmentFileFailed } from "./errors.ts";

function stage() {
  const home = newFolder("enrolment");
  mkdirSync(join(home, "etc"));
  const clock = new SimClock();
  const logged: string[] = [];
  const log = logTo(({ message }) => void logged.push(message));
  return { home, clock, logged, disk: nodeDisk, random: systemRandom, log };
}

const [certPath, keyPath] = ["etc/sslmanager.cert", "etc/sslmanager.key"];

test("a certificate and its key are made at the first start, and stay", async () => {
  const files = stage();
  const made = await openCertificate(files, certPath, keyPath);
  const certificate = new X509Certificate(made.cert);
  ok(certificate.verify(certificate.publicKey), "its signature is its own");
  equal(certificate.publicKey.asymmetricKeyType, "rsa");
  ok(certificate.checkHost("localhost"));
  ok(certificate.subject.includes(`CN=${hostname().slice(0, 64)}`));
  ok(Date.parse(certificate.validTo) > files.clock.wallMs() + 9 * 365 * 86_400_000);
  ok(Date.parse(certificate.validFrom) < files.clock.wallMs());
  for (const path of [certPath, keyPath]) equal(statSync(join(files.home, path)).mode & 0o777, 0o640);
  deepEqual(await openCertificate(files, certPath, keyPath), made);
  rmSync(join(files.home, certPath));
  rmSync(join(files.home, keyPath));
  notEqual((await openCertificate(files, certPath, keyPath)).key.toString(), made.key.toString());
});

test("files that do not belong together, or are none, are named", async () => {
  const files = stage();
  const at = (path: string): string => join(files.home, path);
  const { key } = await openCertificate(files, certPath, keyPath);
  const refused = async (what: RegExp): Promise<void> => {
    await rejects(openCertificate(files, certPath, keyPath), (error: Error) => {
      ok(error instanceof EnrolmentFileFailed && what.test(error.message), error.message);
      return true;
    });
  };
  rmSync(at(keyPath));
  await refused(/sslmanager\.key is absent, and its certificate/);
  writeFileSync(at(keyPath), key);
  writeFileSync(at(certPath), "rubbish");
  await refused(/sslmanager\.cert holds no certificate/);
  rmSync(at(certPath));
  rmSync(at(keyPath));
  await openCertificate(files, certPath, keyPath);
  writeFileSync(at(keyPath), key);
  await refused(/sslmanager\.key is not the key of/);
  writeFileSync(at(keyPath), "rubbish");
  await refused(/holds no private key/);
  await rejects(readAgentCa(files, "etc/none.pem"), EnrolmentFileFailed);
});

test("a key that is alone, as a crash between the two leaves it, gets its certificate and stays", async () => {
  const files = stage();
  const made = await openCertificate(files, certPath, keyPath);
  rmSync(join(files.home, certPath));
  const again = await openCertificate(files, certPath, keyPath);
  deepEqual(again.key, made.key);
  ok(new X509Certificate(again.cert).checkPrivateKey(createPrivateKey(made.key)));
  deepEqual(await openCertificate(files, certPath, keyPath), again);
  rmSync(join(files.home, certPath));
  writeFileSync(join(files.home, keyPath), "");
  await rejects(openCertificate(files, certPath, keyPath), EnrolmentFileFailed);
  const { privateKey } = generateKeyPairSync("ed25519");
  writeFileSync(join(files.home, keyPath), privateKey.export({ format: "pem", type: "pkcs8" }));
  await rejects(openCertificate(files, certPath, keyPath), /RSA keys only/);
});

test("names and addresses stand in the certificate, and long ones too", () => {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2_048 });
  const names = ["a.example", "192.0.2.1", "2001:db8::1", ...Array.from({ length: 30 }, (_, i) => `node-${i}.example`)];
  const pem = certificateOf({
    ...{ privateKey, serial: new Uint8Array(16), commonName: "é", names },
    ...{ notBeforeMs: Date.UTC(2026, 0), notAfterMs: Date.UTC(2060, 0) },
  });
  const certificate = new X509Certificate(pem);
  for (const name of names) ok(certificate.checkHost(name) ?? certificate.checkIP(name), name);
  equal(new Date(certificate.validTo).getUTCFullYear(), 2060);
});

test("a password is made where there is none: long, readable, short enough for OSSEC agents", async () => {
  const files = stage();
  const password = new PasswordFile(files);
  await password.open();
  const text = await password.current();
  ok(/^[a-hj-kmnp-z2-9]{24}$/.test(text), text);
  equal(readFileSync(password.path, "utf8"), `${text}\n`);
  equal(statSync(password.path).mode & 0o777, 0o640);
  ok(!files.logged.join().includes(text), "it is not in the log");
  const again = new PasswordFile(files);
  await again.open();
  equal(await again.current(), text);
});

test("the first line counts, and a change of it within a second", async () => {
  const files = stage();
  const password = new PasswordFile(files);
  writeFileSync(password.path, "first\r\nsecond\n");
  await password.open();
  equal(await password.current(), "first");
  writeFileSync(password.path, "other");
  equal(await password.current(), "first");
  files.clock.advance(1_000);
  equal(await password.current(), "other");
  writeFileSync(password.path, "ab\n");
  files.clock.advance(1_000);
  await rejects(password.current(), EnrolmentFileFailed);
  writeFileSync(password.path, "x".repeat(40));
  equal((await password.current()).length, 40);
  equal(files.logged.filter((line) => line.includes("OSSEC agents cut")).length, 1);
});
