/**
 * The `<alerts>` and `<global>` sections of ossec.conf.
 *
 * `<global>` is one section with options of several parts (Wazuh grew it so); it is declared here because most of them
 * say what is written. The engine takes `lateness`, `memory_size` and `window_memory` from the same values.
 */
import { duration, integer, needless, path, section, size, unsupported, yesNo, type Values } from "../config/schema.ts";

export const alertsSection = section("alerts", {
  help: "From which level on an event is an alert.",
  options: {
    log_alert_level: integer({
      initial: 1,
      min: 1,
      max: 16,
      help: "Events answered by a rule of at least this level are written to the alert files.",
    }),
    email_alert_level: integer({
      initial: 7,
      min: 1,
      max: 16,
      help: "Alerts of at least this level carry the mail mark (`rule.mail`).",
    }),
    use_geoip: unsupported("Alerts show no places; rules may ask for them, by `geoipdb` of the section `global`."),
  },
});
export type Alerts = Values<typeof alertsSection.options>;

const files = {
  jsonout_output: yesNo({ initial: true, help: "Write alerts to logs/alerts/alerts.json." }),
  alerts_log: yesNo({ initial: true, help: "Write alerts to logs/alerts/alerts.log." }),
  logall: yesNo({ initial: false, help: "Write every event to logs/archives/archives.log." }),
  logall_json: yesNo({ initial: false, help: "Write every event to logs/archives/archives.json." }),
};

const engine = {
  lateness: duration({
    initial: "10m", // A worker that was cut off for a coffee break still correlates with the others.
    min: "0s",
    max: "24h",
    help: "How much longer than a rule's timeframe an event waits for the events of a node that is late.",
  }),
  memory_size: integer({
    min: 16,
    max: 5_096_000,
    help: "How many of the last alerted events composite rules may count; without it time alone bounds them.",
  }),
  stats: integer({
    initial: 0, // The peers raise it at level 4; who has few events, or learns for the first days, is not helped by it.
    min: 0,
    max: 16,
    help: "Level of the alert (rule 11) that an hour has far more events than usual; 0: there is none.",
  }),
  window_memory: size({
    initial: "512MiB", // About a million remembered events of 450 bytes.
    min: "16MiB",
    help: "Memory for the windows of composite rules; beyond it the oldest events leave, and are counted.",
  }),
};

const places = {
  geoipdb: path({
    help: "A MaxMind database (`.mmdb`) of cities or countries, for rules that ask where an address is.",
  }),
};

const agents = {
  agents_disconnection_time: duration({
    initial: "15m", // Wazuh's since 4.13.
    min: "10s",
    max: "24h",
    help: "An agent that was not heard of for so long is disconnected; one of OSSEC, which rarely speaks, after 30m.",
  }),
  agents_disconnection_alert_time: duration({
    initial: "0s",
    min: "0s",
    max: "7d",
    help: "How long after that the alert is raised.",
  }),
};

const mail = "Mail is not sent yet.";
const untouched = "Argus does not need it.";

const others = {
  email_notification: unsupported(mail, "no"),
  email_to: unsupported(mail),
  email_from: unsupported(mail),
  email_reply_to: unsupported(mail),
  email_maxperhour: unsupported(mail),
  email_idsname: unsupported(mail),
  email_log_source: unsupported(mail),
  email_subject_hostname: unsupported(mail),
  smtp_server: unsupported(mail),
  helo_server: unsupported(mail),
  white_list: unsupported("There is no active response yet that it could hold back."),
  custom_alert_output: unsupported("alerts.log has one form."),
  zeromq_output: unsupported("Alerts are not sent to ZeroMQ."),
  prelude_output: unsupported("Alerts are not sent to Prelude."),
  host_information: unsupported("There are no host information events yet."),
  integrity_checking: unsupported("There is no integrity checking yet."),
  limits: unsupported("Events are never dropped by rate; senders are slowed."),
  rotate_interval: needless(untouched),
  max_output_size: needless(untouched),
  queue_size: needless(untouched),
  update_check: needless("Argus never calls home."),
};

export const globalSection = section("global", {
  help: "What is written, and how the engine and the agents' registry judge time.",
  options: { ...files, ...engine, ...places, ...agents, ...others },
});
export type Global = Values<typeof globalSection.options>;
