/**
 * Who may read the page: programs of this machine that mean it. The page binds to the loopback address, but a browser
 * of this machine also runs what other sites give it, and their scripts must not read our alerts. They come
 *
 *   by a name of their own that leads to 127.0.0.1 (DNS rebinding): the Host is theirs and not ours;
 *   across sites: the browser tells so in `Origin` and `Sec-Fetch-Site`.
 *
 * Every request is judged by this, whatever it asks for, before anything else is done with it. Nothing is ever answered
 * with permission for another site (CORS), so that even what came through could not be read there.
 */

export type Refusal = "host" | "origin" | "method";

/** Exactly what a browser writes for a page that was opened at the loopback address. */
const ourHost = /^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d{1,5})?$/i;

export interface Asked {
  method: string;
  /** The request's target as it was sent. */
  target: string;
  /** Names and values in turn, as they were sent: what stands twice must not be made into one. */
  rawHeaders: readonly string[];
}

/** Why a request must not be answered; undefined when it may be. */
export function refusalOf({ method, target, rawHeaders }: Asked): Refusal | undefined {
  const hosts = valuesOf("host", rawHeaders);
  const [host = ""] = hosts;
  if (hosts.length !== 1 || !ourHost.test(host)) return "host";
  // `GET http://elsewhere/` names a host as well, and it would be the one that counts.
  if (!target.startsWith("/") && method !== "OPTIONS") return "host";
  const origins = valuesOf("origin", rawHeaders);
  const isOurs = origins.every((origin) => origin.toLowerCase() === `http://${host.toLowerCase()}`);
  if (origins.length > 1 || !isOurs) return "origin";
  const sites = valuesOf("sec-fetch-site", rawHeaders);
  if (sites.length > 1 || sites.some((site) => site !== "same-origin" && site !== "none")) return "origin";
  return method === "GET" || method === "HEAD" ? undefined : "method";
}

function valuesOf(name: string, rawHeaders: readonly string[]): string[] {
  const values: string[] = [];
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    if (rawHeaders[index]?.toLowerCase() === name) values.push(rawHeaders[index + 1] ?? "");
  }
  return values;
}

/**
 * On every answer, whatever it is. The page has no script, style, picture or request but its own, and nothing of what
 * a log holds can become one.
 */
export const securityHeaders: Readonly<Record<string, string>> = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; font-src 'none'; " +
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-resource-policy": "same-origin",
  "cross-origin-opener-policy": "same-origin",
  "x-frame-options": "DENY",
};
