/** Sections that a Wazuh or OSSEC manager knows, or a later Argus, and no table reads yet: their users are told so. */
export const unsupportedSections: ReadonlySet<string> = new Set([
  ...["active-response", "agent-upgrade", "agentless", "anti_tampering", "client", "client_buffer", "command"],
  ...["database_output", "email_alerts", "fluent-forward", "gcp-bucket", "gcp-pubsub", "github", "indexer"],
  ...["integration", "labels", "logging", "ms-graph", "office365", "prelude_output", "reports", "rootcheck"],
  ...["rule_test", "rules", "sca", "slack", "socket", "syscheck", "syslog_output", "task-manager"],
  ...["vulnerability-detection", "vulnerability-detector", "wdb", "wodle", "zeromq_output"],
]);
