import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { Engine } from "../../engine.ts";
import { eventOf, ruleOf, rulesetOf } from "../../../../test/support/ruleset.ts";
import type { Answer } from "../../../model/alert.ts";

const rules = `
  <rule id="100" level="0"><category>ossec</category><decoded_as>windows_eventchannel</decoded_as>
    <field name="win.system.providerName">\\.+</field><description>windows</description></rule>
  <rule id="101" level="5"><if_sid>100</if_sid><field name="win.system.eventID">^4625$</field>
    <description>logon of $(win.eventdata.targetUserName) failed</description></rule>
  <rule id="102" level="3"><match>Event</match><description>any text</description></rule>`;

const ruleset = rulesetOf(rules);

function answerOf(log: string): Answer {
  return new Engine(ruleset).answer(eventOf(log, 0, { queue: "f", agentId: "007", location: "EventChannel" }));
}

function answerOfXml(event: string, message?: string): Answer {
  return answerOf(JSON.stringify({ ...(message === undefined ? {} : { Message: message }), Event: event }));
}

const fieldsOf = ({ decoded }: Answer): Record<string, string> =>
  Object.fromEntries(decoded.dynamicFields.map(({ name, value }) => [name, value]));

const system = `<System>
  <Provider Name='Microsoft-Windows-Security-Auditing' Guid="{54849625-5478-4994-a5ba-3e3b0328c30d}"/>
  <EventID Qualifiers="16384">4625</EventID><Version>0</Version><Level>0</Level><Task>12544</Task><Opcode>0</Opcode>
  <Keywords>0x8010000000000000</Keywords><TimeCreated SystemTime='2026-11-25T10:00:00.123456700Z'/>
  <EventRecordID>77</EventRecordID><Correlation ActivityID='{1}'/><Execution ProcessID='500' ThreadID='901'/>
  <Channel>Security</Channel><Computer>pc.example.org</Computer><Security UserID='S-1-5-18'/></System>`;

function eventWith(data: string): string {
  return `<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'>${system}${data}</Event>`;
}

// ruleset-spec 8, windows_eventchannel: the names of win.system.
test("an event's own values are win.system, in the order of the XML, then severity and message", () => {
  const answer = answerOfXml(eventWith(""), 'It failed.\r\nSee "C:\\x"');
  deepEqual(answer.decoded.dynamicFields, [
    { name: "win.system.providerName", value: "Microsoft-Windows-Security-Auditing" },
    { name: "win.system.providerGuid", value: "{54849625-5478-4994-a5ba-3e3b0328c30d}" },
    { name: "win.system.eventID", value: "4625" },
    { name: "win.system.version", value: "0" },
    { name: "win.system.level", value: "0" },
    { name: "win.system.task", value: "12544" },
    { name: "win.system.opcode", value: "0" },
    { name: "win.system.keywords", value: "0x8010000000000000" },
    { name: "win.system.systemTime", value: "2026-11-25T10:00:00.123456700Z" },
    { name: "win.system.eventRecordID", value: "77" },
    { name: "win.system.processID", value: "500" },
    { name: "win.system.threadID", value: "901" },
    { name: "win.system.channel", value: "Security" },
    { name: "win.system.computer", value: "pc.example.org" },
    { name: "win.system.severityValue", value: "AUDIT_FAILURE" },
    { name: "win.system.message", value: '"It failed.\r\nSee "C:\\x""' },
  ]);
});

test("full_log becomes the JSON of what was found, and the rules of the channel answer", () => {
  const answer = answerOfXml(eventWith(`<EventData><Data Name='TargetUserName'>bob</Data></EventData>`), "No.");
  equal(ruleOf(answer), 101);
  equal(answer.rule?.description, "logon of bob failed");
  deepEqual(answer.decoded.decoder?.name, "windows_eventchannel");
  const shown = JSON.parse(answer.event.log) as { win: Record<string, Record<string, string>> };
  deepEqual(Object.keys(shown.win), ["system", "eventdata"]);
  equal(shown.win["system"]?.["message"], '"No."');
  deepEqual(shown.win["eventdata"], { targetUserName: "bob" });
});

test("data have a small first letter, and each backslash and quote escaped once more", () => {
  const data = `<EventData><Data Name="Image">C:\\Windows\\x.exe</Data><Data Name="CommandLine">"x" &gt; y</Data></EventData>`;
  const fields = fieldsOf(answerOfXml(eventWith(data)));
  equal(fields["win.eventdata.image"], "C:\\\\Windows\\\\x.exe");
  equal(fields["win.eventdata.commandLine"], '\\"x\\" &gt; y');
});

// ruleset-spec 8: "unnamed Data joined by `, ` as `data`; values `-` and `(NULL)` dropped".
test("data without a name are joined behind all others, and what says nothing is dropped", () => {
  const data = `<EventData><Data>one</Data><Data>-</Data><Data Name="A">-</Data><Data Name="B">(NULL)</Data>
    <Data Name="C"/><Data>two</Data><Binary>00FF</Binary></EventData>`;
  const { decoded } = answerOfXml(eventWith(data));
  deepEqual(
    decoded.dynamicFields.filter(({ name }) => name.startsWith("win.eventdata")),
    [
      { name: "win.eventdata.binary", value: "00FF" },
      { name: "win.eventdata.data", value: "one, two" },
    ],
  );
});

test("a program's own data stand under their own name, and cannot pass for the event", () => {
  const data = `<UserData><LoadPluginFailed xmlns='x'><Context>112</Context></LoadPluginFailed>
    <System><EventID>1</EventID></System></UserData>`;
  const fields = fieldsOf(answerOfXml(eventWith(data)));
  equal(fields["win.loadPluginFailed.context"], "112");
  equal(fields["win.system.eventID"], "4625");
});

const severityCases: readonly (readonly [level: string, keywords: string, severity: string])[] = [
  ["0", "0x8020000000000000", "AUDIT_SUCCESS"],
  ["0", "0xa0000000000000", "AUDIT_SUCCESS"],
  ["0", "0x90000000000000", "AUDIT_FAILURE"],
  ["0", "0x80000000000000", "UNKNOWN"],
  ["0", "none", "UNKNOWN"],
  ["1", "0x8010000000000000", "CRITICAL"],
  ["2", "0x0", "ERROR"],
  ["3", "0x0", "WARNING"],
  ["4", "0x0", "INFORMATION"],
  ["5", "0x0", "VERBOSE"],
  ["9", "0x0", "UNKNOWN"],
];

for (const [level, keywords, severity] of severityCases) {
  test(`level ${level} with keywords ${keywords} is ${severity}`, () => {
    const xml = `<Event><System><Level>${level}</Level><Keywords>${keywords}</Keywords></System></Event>`;
    equal(fieldsOf(answerOfXml(xml))["win.system.severityValue"], severity);
  });
}

test("a change of the audit policy has its category and subcategory by name", () => {
  const data = `<EventData><Data Name='CategoryId'>%%8277</Data>
    <Data Name='SubcategoryGuid'>{0cce922f-69ae-11d9-bed3-505054503030}</Data></EventData>`;
  const fields = fieldsOf(answerOfXml(eventWith(data)));
  equal(fields["win.eventdata.category"], "Policy Change");
  equal(fields["win.eventdata.subcategory"], "Audit Policy Change");
});

const strange: Readonly<Record<string, string>> = {
  "no JSON": "Event",
  "cut JSON": '{"Message":"x","Event":"<Event>',
  "no event": '{"Message":"Event"}',
  "an event that is a number": '{"Event":4}',
  "an event that is no XML": '{"Event":"hello"}',
  "another element": '{"Event":"<Event2></Event2>"}',
  "a list": '["Event"]',
};

for (const [what, log] of Object.entries(strange)) {
  test(`${what} is passed over by all rules, and is kept as it was taken in`, () => {
    const answer = answerOf(log);
    equal(answer.rule, undefined);
    equal(answer.event.log, log);
  });
}

test("a broken end of the XML hides nothing that stands before it", () => {
  const xml = `${eventWith(`<EventData><Data Name='TargetUserName'>bob</EventData>`).slice(0, -8)}<x`;
  equal(fieldsOf(answerOfXml(xml))["win.eventdata.targetUserName"], "bob");
});

test("64 KiB of tags, of attributes or of open elements cost little time and little memory", () => {
  const start = process.cpuUsage().user;
  for (const piece of ["<a>", "</a>", "<a b='", "<!--", "<![CDATA[", "<a b=c ", "<a b='c' ", "<a/>", "<", "<a\n"]) {
    const answer = answerOfXml(`<Event><EventData>${piece.repeat(Math.floor(65_000 / piece.length))}`);
    ok(answer.decoded.dynamicFields.length <= 1_024, piece);
  }
  ok(process.cpuUsage().user - start < 1_000_000, "all together take less than a second");
});
