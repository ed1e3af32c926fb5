import { equal } from "node:assert/strict";
import { test } from "node:test";
import { refusalOf, securityHeaders, type Refusal } from "./page-guard.ts";

type Headers = readonly (readonly [name: string, value: string])[];

const judge = (headers: Headers, method = "GET", target = "/"): Refusal | undefined =>
  refusalOf({ method, target, rawHeaders: headers.flat() });

test("answers the page's own addresses, with any port or none", () => {
  for (const host of ["127.0.0.1", "127.0.0.1:55000", "localhost", "LocalHost:1", "[::1]", "[::1]:65535"]) {
    equal(judge([["Host", host]]), undefined, host);
  }
});

test("refuses every other host: a name that leads here is not ours", () => {
  const hostile = [
    ...["", " ", "evil.example", "evil.example:55000", "127.0.0.1.evil.example", "localhost.evil.example"],
    ...["localhost.", "127.0.0.1.", "127.0.0.1.:55000", "user@localhost", "localhost@evil.example", "u:p@127.0.0.1"],
    ...["127.0.0.2", "127.1", "0.0.0.0", "2130706433", "0x7f.1", "017700000001", "::1", "[::1", "[::1]evil", "[::]"],
    ...["[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]", "localhost:", "localhost:port", "localhost:80:80", "localhost:-1"],
    ...["localhost:555555", "localhost/evil", "localhost#", "localhost?", "localhost,evil", "localhost evil", "*"],
    ...["localhost\t", " localhost", "http://localhost", "\u2028localhost", "loc\u0430lhost", "localhost\0"],
  ];
  for (const host of hostile) equal(judge([["Host", host]]), "host", JSON.stringify(host));
});

test("refuses a request without a host, and one with two, even if both are ours", () => {
  equal(judge([]), "host");
  equal(judge([["X-Forwarded-Host", "localhost"]]), "host");
  equal(
    judge([
      ["Host", "localhost"],
      ["host", "localhost"],
    ]),
    "host",
  );
  equal(
    judge([
      ["Host", "localhost"],
      ["HOST", "evil.example"],
    ]),
    "host",
  );
});

test("refuses a target that names a host of its own", () => {
  for (const target of ["http://evil.example/", "http://localhost/", "evil.example:80", "*", "", "?x", "\\"]) {
    equal(judge([["Host", "localhost"]], "GET", target), "host", target);
  }
  equal(judge([["Host", "localhost"]], "GET", "//evil.example/"), undefined, "a path, which no table holds");
});

test("takes an origin that is this very page, and no other", () => {
  const from = (origin: string, host = "localhost:55000"): Refusal | undefined =>
    judge([
      ["Host", host],
      ["Origin", origin],
    ]);
  equal(from("http://localhost:55000"), undefined);
  equal(from("http://LOCALHOST:55000"), undefined);
  equal(from("http://[::1]:55000", "[::1]:55000"), undefined);
  equal(from("http://localhost", "localhost"), undefined);
  const hostile = [
    ...["null", "", "https://localhost:55000", "http://localhost", "http://localhost:55001", "http://127.0.0.1:55000"],
    ...["http://evil.example", "http://localhost:55000.evil.example", "http://localhost:55000/", "file://"],
    ...["http://localhost:55000, http://evil.example", "http://localhost:55000 http://evil.example", "localhost:55000"],
  ];
  for (const origin of hostile) equal(from(origin), "origin", origin);
  const twice = [
    ["Host", "localhost"],
    ["Origin", "http://localhost"],
    ["Origin", "http://localhost"],
  ] as const;
  equal(judge(twice), "origin");
});

test("takes what the browser does for this page or for its user, and nothing for another site", () => {
  const from = (...sites: string[]): Refusal | undefined =>
    judge([["Host", "localhost"], ...sites.map((site) => ["sec-fetch-site", site] as const)]);
  equal(from("same-origin"), undefined);
  equal(from("none"), undefined);
  for (const site of ["cross-site", "same-site", "", "Same-Origin", "none, cross-site", "no"]) {
    equal(from(site), "origin", site);
  }
  equal(from("none", "none"), "origin");
  equal(from("same-origin", "cross-site"), "origin");
});

test("serves GET and HEAD only, and says so to those alone that may know", () => {
  equal(judge([["Host", "localhost"]], "HEAD"), undefined);
  for (const method of ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "get", ""]) {
    equal(judge([["Host", "localhost"]], method), "method", method);
    equal(judge([["Host", "evil.example"]], method), "host", method);
  }
});

test("lets nothing but the page's own files run, and gives no site permission", () => {
  const policy = securityHeaders["content-security-policy"] ?? "";
  equal(
    policy,
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; font-src 'none'; " +
      "form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'",
  );
  equal(
    Object.keys(securityHeaders).some((name) => name.startsWith("access-control-")),
    false,
  );
});
