/**
 * Mixed log lines as a log server of a small company sees them: about 60 % noise, 40 % of what a security ruleset has
 * something to say about. The same seed gives the same lines, byte for byte, on any machine; all addresses are of the
 * ranges that are kept for documentation and private use.
 */

/** mulberry32: small, fast, and the same everywhere. */
function seededFraction(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

class Draw {
  readonly #fraction: () => number;

  constructor(seed: number) {
    this.#fraction = seededFraction(seed);
  }

  below(count: number): number {
    return Math.floor(this.#fraction() * count);
  }

  between(least: number, most: number): number {
    return least + this.below(most - least + 1);
  }

  of<T>(choices: readonly [T, ...T[]]): T {
    return choices[this.below(choices.length)] ?? choices[0];
  }

  chance(of: number): boolean {
    return this.#fraction() < of;
  }

  hex(digits: number): string {
    let text = "";
    while (text.length < digits) text += this.below(0x1000000).toString(16).padStart(6, "0");
    return text.slice(0, digits);
  }
}

const hosts = ["gate", "shop-1", "shop-2", "mail", "db-1", "db-2", "files", "ci", "vpn", "print"] as const;
const people = ["anna", "ben", "chris", "dora", "emil", "fay", "georg", "deploy", "backup"] as const;
const guesses = ["admin", "test", "oracle", "postgres", "guest", "pi", "ubnt", "git", "ftp", "nagios", "web"] as const;
const units = ["logrotate", "apt-daily", "fstrim", "man-db", "certbot", "sysstat-collect", "e2scrub_all"] as const;
const paths = [
  "/",
  "/cart",
  "/login",
  "/api/items",
  "/img/logo.png",
  "/css/site.css",
  "/news/42",
  "/robots.txt",
] as const;
const browsers = [
  "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
  "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36",
  "curl/8.14.1",
] as const;
const attacks = [
  "/item.php?id=7%20UNION%20SELECT%20name,pass%20FROM%20users--",
  "/item.php?id=7'%20OR%20'1'='1",
  "/download?file=../../../../../etc/passwd",
  "/cgi-bin/%2e%2e/%2e%2e/%2e%2e/bin/sh",
  "/search?q=<script>document.location='http://192.0.2.66/'</script>",
  "/search?q=%3Cscript%3Ealert(1)%3C%2Fscript%3E",
  "/.env",
  "/wp-login.php",
] as const;
const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"] as const;

/** What a placeholder of a template stands for. A few sources are busy, as a brute force is. */
const fields: Readonly<Record<string, (draw: Draw) => string>> = {
  user: (draw) => draw.of(people),
  guess: (draw) => draw.of(guesses),
  host: (draw) => draw.of(hosts),
  unit: (draw) => draw.of(units),
  inside: (draw) => `10.20.${draw.below(4)}.${draw.between(1, 254)}`,
  outside: (draw) => (draw.chance(0.4) ? `203.0.113.${draw.between(10, 15)}` : `198.51.100.${draw.between(1, 254)}`),
  port: (draw) => String(draw.between(1_024, 65_535)),
  pid: (draw) => String(draw.between(300, 65_000)),
  uid: (draw) => String(draw.between(1_000, 1_040)),
  small: (draw) => String(draw.between(1, 9)),
  number: (draw) => String(draw.between(1, 90_000)),
  mac: (draw) => draw.hex(12).replace(/..(?=.)/g, "$&:"),
  queue: (draw) => draw.hex(10).toUpperCase(),
  fingerprint: (draw) => draw.hex(43),
  uptime: (draw) => `${draw.between(100, 900_000)}.${String(draw.below(1_000_000)).padStart(6, "0")}`,
};

/** A template: how often, the program (empty: the line is an access log's), and the message. */
type Template = readonly [weight: number, program: string, message: string];

const noise: readonly Template[] = [
  [9, "CRON[{pid}]", "({user}) CMD (/usr/local/bin/report --quiet >/dev/null 2>&1)"],
  [5, "CRON[{pid}]", "(root) CMD (command -v debian-sa1 > /dev/null && debian-sa1 1 1)"],
  [6, "systemd[1]", "Starting {unit}.service - scheduled job..."],
  [6, "systemd[1]", "{unit}.service: Deactivated successfully."],
  [4, "systemd[1]", "Finished {unit}.service - scheduled job."],
  [3, "systemd-logind[{pid}]", "Session {number} logged out. Waiting for processes to exit."],
  [4, "kernel", "[{uptime}] eth0: renamed from veth{small}a{small}"],
  [3, "kernel", "[{uptime}] EXT4-fs (sda{small}): re-mounted. Quota mode: none."],
  [2, "kernel", "[{uptime}] usb 1-{small}: new high-speed USB device number {small} using xhci_hcd"],
  [4, "dhcpd[{pid}]", "DHCPREQUEST for {inside} from {mac} via eth0"],
  [4, "dhcpd[{pid}]", "DHCPACK on {inside} to {mac} ({host}-phone) via eth0"],
  [5, "postfix/smtpd[{pid}]", "connect from mx{small}.example.net[{outside}]"],
  [4, "postfix/qmgr[{pid}]", "{queue}: from=<{user}@example.org>, size={number}, nrcpt=1 (queue active)"],
  [
    4,
    "postfix/smtp[{pid}]",
    "{queue}: to=<{user}@example.com>, relay=mx.example.com[192.0.2.25]:25, status=sent (250 ok)",
  ],
  [3, "ntpd[{pid}]", "Soliciting pool server {inside}"],
  [3, "smartd[{pid}]", "Device: /dev/sd{small}, SMART Usage Attribute: 194 Temperature_Celsius changed to {small}1"],
  [20, "", "{inside}|GET {page}|200"],
  [5, "", "{outside}|GET {page}|200"],
  [2, "", "{outside}|GET {page}|304"],
];

const signal: readonly Template[] = [
  [12, "sshd[{pid}]", "Failed password for invalid user {guess} from {outside} port {port} ssh2"],
  [8, "sshd[{pid}]", "Failed password for {user} from {outside} port {port} ssh2"],
  [8, "sshd[{pid}]", "Failed password for root from {outside} port {port} ssh2"],
  [5, "sshd[{pid}]", "Invalid user {guess} from {outside} port {port}"],
  [6, "sshd[{pid}]", "Accepted publickey for {user} from {inside} port {port} ssh2: ED25519 SHA256:{fingerprint}"],
  [2, "sshd[{pid}]", "Accepted password for {user} from {inside} port {port} ssh2"],
  [3, "sshd[{pid}]", "Connection closed by authenticating user root {outside} port {port} [preauth]"],
  [3, "sshd[{pid}]", "pam_unix(sshd:session): session opened for user {user}(uid={uid}) by (uid=0)"],
  [3, "sshd[{pid}]", "pam_unix(sshd:session): session closed for user {user}"],
  [
    2,
    "sshd[{pid}]",
    "pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost={outside}  user=root",
  ],
  [5, "sudo", "  {user} : TTY=pts/{small} ; PWD=/home/{user} ; USER=root ; COMMAND=/usr/bin/systemctl restart nginx"],
  [2, "sudo", "  {user} : 3 incorrect password attempts ; TTY=pts/{small} ; PWD=/ ; USER=root ; COMMAND=/bin/bash"],
  [1, "sudo", "  {guess} : user NOT in sudoers ; TTY=pts/{small} ; PWD=/tmp ; USER=root ; COMMAND=/usr/bin/id"],
  [3, "sudo", "pam_unix(sudo:session): session opened for user root(uid=0) by {user}(uid={uid})"],
  [2, "su[{pid}]", "FAILED SU (to root) {user} on pts/{small}"],
  [2, "su[{pid}]", "(to root) {user} on pts/{small}"],
  [2, "su[{pid}]", "pam_unix(su:session): session opened for user root(uid=0) by {user}(uid={uid})"],
  [4, "", "{outside}|GET {attack}|404"],
  [2, "", "{outside}|GET {attack}|200"],
  [3, "", "{outside}|POST /login|401"],
];

const noiseShare = 0.6;

/** Picks by weight in constant time: each template stands in the list as often as its weight says. */
function weighted(templates: readonly Template[]): [Template, ...Template[]] {
  const list = templates.flatMap((template) => Array<Template>(template[0]).fill(template));
  return list as [Template, ...Template[]];
}

function two(value: number): string {
  return value < 10 ? `0${value}` : String(value);
}

class Scene {
  readonly draw: Draw;
  readonly #noise = weighted(noise);
  readonly #signal = weighted(signal);
  #nowMs = Date.UTC(2026, 10, 2, 8, 0, 0);

  constructor(seed: number) {
    this.draw = new Draw(seed);
  }

  line(): string {
    const { draw } = this;
    // Twenty lines a second, in bursts.
    if (draw.chance(0.05)) this.#nowMs += 1_000;
    const [, program, message] = draw.of(draw.chance(noiseShare) ? this.#noise : this.#signal);
    const now = new Date(this.#nowMs);
    if (program === "") return this.#access(now, this.#fill(message));
    const day = String(now.getUTCDate()).padStart(2, " ");
    const time = `${two(now.getUTCHours())}:${two(now.getUTCMinutes())}:${two(now.getUTCSeconds())}`;
    const head = `${months[now.getUTCMonth()]} ${day} ${time} ${draw.of(hosts)}`;
    return `${head} ${this.#fill(program)}: ${this.#fill(message)}`;
  }

  #fill(template: string): string {
    const { draw } = this;
    return template.replace(/\{([a-z]+)\}/g, (whole, name: string) => {
      if (name === "page") return draw.of(paths);
      if (name === "attack") return draw.of(attacks);
      return fields[name]?.(draw) ?? whole;
    });
  }

  /** Apache's and nginx's combined format. */
  #access(now: Date, spec: string): string {
    const [address = "", request = "", status = ""] = spec.split("|");
    const month = months[now.getUTCMonth()];
    const time = `${two(now.getUTCHours())}:${two(now.getUTCMinutes())}:${two(now.getUTCSeconds())}`;
    const date = `${two(now.getUTCDate())}/${month}/${now.getUTCFullYear()}:${time} +0000`;
    const bytes = this.draw.between(120, 60_000);
    return `${address} - - [${date}] "${request} HTTP/1.1" ${status} ${bytes} "-" "${this.draw.of(browsers)}"`;
  }
}

/** `count` lines without line ends; printable ASCII only. */
export function* mixedLines(seed: number, count: number): Generator<string> {
  const scene = new Scene(seed);
  for (let index = 0; index < count; index += 1) yield scene.line();
}
