/** Answers of the engine, for tests of what is written of them. */
import type { Answer, AnsweredRule, Decoded, EngineEvent } from "../../src/model/alert.ts";

export const sampleMs = Date.UTC(2026, 10, 25, 1, 2, 3, 4);

export function sampleEvent(change: Partial<EngineEvent> = {}): EngineEvent {
  return {
    queue: "1",
    agentId: "000",
    agentName: "",
    agentIp: "",
    location: "/var/log/auth.log",
    log: "Nov 25 01:02:03 web1 sshd[7]: Failed password for bob from 10.0.0.7 port 40022 ssh2",
    isTruncated: false,
    eventMs: sampleMs,
    receivedMs: sampleMs + 20,
    node: "worker-node1",
    host: "w1.example.org",
    isHidden: false,
    ...change,
  };
}

export function sampleRule(change: Partial<AnsweredRule> = {}): AnsweredRule {
  return {
    id: "5716",
    level: 5,
    description: "sshd: authentication failed.",
    groups: ["syslog", "sshd", "authentication_failed", "pci_dss_10.2.4", "gpg13_7.1", "pci_dss_10.2.5"],
    mitre: { id: ["T1110"], tactic: ["Credential Access"], technique: ["Brute Force"] },
    cve: undefined,
    info: undefined,
    frequency: undefined,
    firedtimes: 3,
    mail: false,
    ...change,
  };
}

export function sampleDecoded(change: Partial<Decoded> = {}): Decoded {
  return {
    predecoder: { programName: "sshd", timestamp: "Nov 25 01:02:03", hostname: "web1" },
    decoder: { name: "sshd", parent: "sshd", ftscomment: undefined, accumulate: false },
    fields: { srcip: "10.0.0.7", srcport: "40022", dstuser: "bob" },
    dynamicFields: [],
    ...change,
  };
}

export interface AnswerChange {
  event?: Partial<EngineEvent>;
  decoded?: Partial<Decoded>;
  rule?: Partial<AnsweredRule>;
  answer?: Partial<Answer>;
}

export function sampleAnswer({ event, decoded, rule, answer }: AnswerChange = {}): Answer {
  return {
    event: sampleEvent(event),
    decoded: sampleDecoded(decoded),
    rule: sampleRule(rule),
    isAlert: true,
    hidesFullLog: false,
    previousOutput: [],
    previousLog: undefined,
    outcome: "answered",
    ...answer,
  };
}
