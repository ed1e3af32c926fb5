import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { SimClock } from "../../test/support/sim-clock.ts";
import { silentLog } from "../base/log.ts";
import { OccasionalLog } from "../base/occasional-log.ts";
import type { EnrolmentAnswer, EnrolmentRequest } from "../model/agent.ts";
import { INVALID_PASSWORD, PasswordGuard, RelayGuard } from "./guarded-enrolment.ts";

const granted: EnrolmentAnswer = { isEnrolled: true, id: "001", name: "web", address: "any", key: "k1" };

class Stage {
  readonly clock = new SimClock();
  readonly complaints = new OccasionalLog(silentLog, this.clock);
  readonly asked: EnrolmentRequest[] = [];
  answer: EnrolmentAnswer = granted;
  password: string | undefined = "secret99";
  readonly enrolment = {
    enrol: async (request: EnrolmentRequest): Promise<EnrolmentAnswer> => {
      this.asked.push(request);
      await Promise.resolve();
      return this.answer;
    },
  };
  readonly guard = new PasswordGuard(this, async () => Promise.resolve(this.password));
  readonly relay = new RelayGuard(this);

  async ask(password?: string, source = "192.0.2.1"): Promise<string> {
    const answer = await this.guard.enrol({ name: "web", source, ...(password === undefined ? {} : { password }) });
    return answer.isEnrolled ? answer.id : answer.reason;
  }
}

// agent-protocol 1.2, with the lenience for OSSEC's line end in the codec
test("only the whole password opens", async () => {
  const stage = new Stage();
  equal(await stage.ask("secret99"), "001");
  for (const wrong of [undefined, "secret9"]) equal(await stage.ask(wrong), INVALID_PASSWORD);
  for (const wrong of ["secret99x", " secret99", "SECRET99"])
    equal(await stage.ask(wrong, "192.0.2.2"), INVALID_PASSWORD);
  equal(await stage.ask("", "192.0.2.3"), INVALID_PASSWORD);
  equal(stage.asked.length, 1);
  equal(stage.asked[0]?.password, undefined, "it goes no further");
});

test("where none is asked for, a given one is passed over", async () => {
  const stage = new Stage();
  stage.password = undefined;
  deepEqual([await stage.ask("anything"), await stage.ask()], ["001", "001"]);
});

// attack-cases 21
test("ten thousand guesses in parallel are five, and then the right one waits too", async () => {
  const stage = new Stage();
  const answers = await Promise.all(Array.from({ length: 10_000 }, (_, index) => stage.ask(`guess-${index}`)));
  deepEqual(new Set(answers), new Set([INVALID_PASSWORD]));
  equal(await stage.ask("secret99"), INVALID_PASSWORD, "the answer does not tell that it was right");
  equal(await stage.ask("secret99", "192.0.2.77"), "001", "others are not concerned");
  stage.clock.advance(10_000);
  equal(await stage.ask("secret99"), "001");
});

test("a thousand agents behind one address enrol at once", async () => {
  const stage = new Stage();
  const answers = await Promise.all(Array.from({ length: 1_000 }, () => stage.ask("secret99")));
  deepEqual(new Set(answers), new Set(["001"]));
});

test("a password that cannot be read lets nobody in", async () => {
  const stage = new Stage();
  const guard = new PasswordGuard(stage, () => Promise.reject(new Error("gone")));
  deepEqual(await guard.enrol({ name: "web", source: "::1", password: "" }), {
    isEnrolled: false,
    reason: INVALID_PASSWORD,
  });
});

test("a worker bounds what it relays for one who guesses, and nothing for others", async () => {
  const stage = new Stage();
  stage.answer = { isEnrolled: false, reason: INVALID_PASSWORD };
  const request = { name: "web", source: "192.0.2.1", password: "x" };
  await Promise.all(Array.from({ length: 1_000 }, () => stage.relay.enrol(request)));
  equal(stage.asked.length, 64);
  stage.asked.length = 0;
  stage.answer = { isEnrolled: false, reason: "Duplicate agent name: web" };
  for (let index = 0; index < 200; index += 1) await stage.relay.enrol({ ...request, source: "192.0.2.2" });
  equal(stage.asked.length, 200);
});
