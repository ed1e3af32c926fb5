import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { noFacts } from "../model/agent.ts";
import { readManagerControl } from "../wire/control-message.ts";
import { deliverHere } from "./agent-delivery.ts";
import { RECONNECT, restartMessage } from "./agent-order.ts";

const restartOf = (version: string): string => {
  const message = Buffer.from(
    restartMessage({ facts: { ...noFacts, version } }, "node-1", 1_790_000_000_999),
    "latin1",
  );
  const control = readManagerControl(message);
  return control.kind === "execd" ? control.text : control.kind;
};

// agent-protocol 3.5: by the agent's version.
test("an agent is restarted in the words of its version", () => {
  for (const old of ["OSSEC HIDS v3.7.0", "Wazuh v4.1.5", ""]) {
    equal(restartOf(old), "restart-ossec0 - - 1790000000.0 0 argus - -", old);
  }
  deepEqual(JSON.parse(restartOf("Wazuh v4.2.0")), {
    ...{ version: 1, origin: { name: "node-1", module: "argus" }, command: "restart-wazuh0" },
    parameters: { extra_args: [], alert: {} },
  });
});

test("a message is given to the agent byte for byte, and one to connect anew to the listener", () => {
  const said: string[] = [];
  const listener = {
    send: (id: string, payload: Buffer) => (said.push(`${id} ${payload.toString("hex")}`), "sent" as const),
    forceReconnect: (id: string) => (said.push(`${id} anew`), "not_understood" as const),
  };
  deepEqual(deliverHere(listener, "001", "\u00ff\u0000a"), { isDelivered: true, text: "" });
  deepEqual(deliverHere(listener, "001", RECONNECT), {
    ...{ isDelivered: false, text: "the agent's version cannot be told so" },
  });
  deepEqual(said, ["001 ff0061", "001 anew"]);
  equal(deliverHere(undefined, "001", "x").isDelivered, false);
});
