/** Whether to believe a hello or a welcome: docs/protocol/link.md section 4, in the order given there. Pure. */
import type { NodeRole } from "../model/node.ts";
import { provenKey } from "./hello.ts";
import type { Admission, AdmissionRefusal, MasterPin, Pins } from "./needs.ts";
import type { PeerProof } from "./transport.ts";
import type { Hello, Welcome } from "./wire.ts";

export type Judgement = { refusal: AdmissionRefusal } | { publicKey: Buffer; isNew: boolean; version: number };

const refuse = (code: string, message: string): Judgement => ({ refusal: { code, message } });

/** The master's. */
export function judgeHello(
  hello: Hello,
  peer: PeerProof,
  us: { versions: readonly number[]; cluster: string; name: string; pins: Pins; admission: Admission },
): Judgement {
  const { name, role } = hello;
  const version = us.versions.find((ours) => hello.versions.includes(ours));
  if (version === undefined) {
    const theirs = hello.versions.join(", ");
    return refuse(
      "no_common_version",
      `${name} speaks version ${theirs} of the link, and we ${us.versions.join(", ")}`,
    );
  }
  if (hello.cluster !== us.cluster) return refuse("wrong_cluster", `${name} says that it belongs to another cluster`);
  if (peer.name !== undefined && peer.name !== name) {
    return refuse("name_mismatch", `${name} came with the TLS identity of ${peer.name}`);
  }
  const claim = { exporter: peer.exporter, cluster: us.cluster, name, role };
  const publicKey = provenKey(hello, claim);
  if (publicKey === undefined) return refuse("bad_signature", `${name} does not prove its node key`);
  if (name === us.name) return refuse("own_name", `${name} is our own name`);
  const pinned = us.pins.of(name);
  const refusal = us.admission.refusalOf({ name, role, sourceAddress: peer.address, isPinned: pinned !== undefined });
  // A name that is taken is the graver news than a missing approval, which only concerns names that are free.
  if (pinned !== undefined && !pinned.equals(publicKey)) {
    return refuse(
      "name_claimed",
      `${name} is known with another node key; if it was set up anew: remove its line from etc/nodes.keys while this master is stopped`,
    );
  }
  return refusal === undefined ? { publicKey, isNew: pinned === undefined, version } : { refusal };
}

/** The worker's. `role` is what we are; a master that was dialled by a master gets here only if the other one errs. */
export function judgeWelcome(
  welcome: Welcome,
  peer: PeerProof,
  us: { versions: readonly number[]; cluster: string; name: string; role: NodeRole; masterPin: MasterPin },
): Judgement {
  const { name, term, version } = welcome;
  if (us.role === "master") return refuse("second_master", `${name} is a master, and so are we`);
  if (!us.versions.includes(version)) {
    return refuse("no_common_version", `${name} chose version ${version} of the link, which we do not speak`);
  }
  if (welcome.cluster !== us.cluster) return refuse("wrong_cluster", `${name} says that it belongs to another cluster`);
  if (name === us.name) return refuse("own_name", `the master at ${peer.address} calls itself ${name}, as we do`);
  if (peer.name !== undefined && peer.name !== name) {
    return refuse("name_mismatch", `${name} came with the TLS identity of ${peer.name}`);
  }
  const publicKey = provenKey(welcome, { exporter: peer.exporter, cluster: us.cluster, name, role: "master" });
  if (publicKey === undefined) return refuse("bad_signature", `${name} does not prove its node key`);
  return judgeMaster({ name, publicKey, term, version }, us.masterPin);
}

function judgeMaster(
  master: { name: string; publicKey: Buffer; term: number; version: number },
  masterPin: MasterPin,
): Judgement {
  const { name, publicKey, term, version } = master;
  const known = masterPin.current();
  if (known === undefined) return { publicKey, isNew: true, version };
  if (term < known.term)
    return refuse("lower_term", `${name} has term ${term}, and we have followed term ${known.term}`);
  const isSameKey = known.publicKey.equals(publicKey);
  if (!isSameKey && term === known.term) {
    return refuse(
      "other_master_key",
      `${name} has another key than ${known.name}, the master of term ${term} that we know`,
    );
  }
  return { publicKey, isNew: !isSameKey || term > known.term || name !== known.name, version };
}
