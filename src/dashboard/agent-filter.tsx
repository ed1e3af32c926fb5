/** Which agents are listed: by text, node and group, and by state, each state with how many there are in it. */
import { useComputed } from "@preact/signals";
import type { ComponentChildren, JSX } from "preact";
import { agentMarks } from "./agent-table.tsx";
import { agentStates, agentWords, firstView, type AgentState } from "./agent-view.ts";
import { count, fullCount } from "./format.ts";
import { Glyph, Icon } from "./glyph.tsx";
import { usePage } from "./page-context.tsx";
import { visibleString } from "./visible-text.ts";

export function AgentFilters(): JSX.Element {
  const { store, agents, chosen, choose } = usePage();
  const { agentNode, agentGroup, agentQuery } = chosen.value;
  // What agents are held by is not told of a node that is hidden.
  const nodes = useComputed(() => store.nodes.value.filter(({ isHidden }) => !isHidden).map(({ name }) => name));
  const groups = useComputed(() => agents.answer.value?.reply.groups ?? []);
  return (
    <>
      <span class="field">
        <Icon name="find" />
        <input
          type="search"
          aria-label="Find agents by name, ID, address or version"
          placeholder="Name, ID, address, version"
          value={agentQuery}
          onInput={({ currentTarget }) => choose({ agentQuery: currentTarget.value, agentFrom: 0 })}
        />
      </span>
      <NameChoice
        label="Node of the agents"
        any="Any node"
        names={nodes.value}
        value={agentNode}
        onChoose={(name) => choose({ agentNode: name, agentFrom: 0 })}
      />
      <NameChoice
        label="Group of the agents"
        any="Any group"
        names={groups.value}
        value={agentGroup}
        onChoose={(name) => choose({ agentGroup: name, agentFrom: 0 })}
      />
    </>
  );
}

interface NameChoiceProps {
  label: string;
  /** What stands for no choice. */
  any: string;
  names: readonly string[];
  /** Perhaps none of the names: an address can say what it wants. */
  value: string;
  onChoose(name: string): void;
}

function NameChoice({ label, any, names, value, onChoose }: NameChoiceProps): JSX.Element {
  const offered = [...new Set([...names, value])].filter((name) => name !== "").sort();
  return (
    <select
      class="select"
      aria-label={label}
      value={value}
      onChange={({ currentTarget }) => onChoose(currentTarget.value)}
    >
      <option value="">{any}</option>
      {offered.map((name) => (
        <option key={name} value={name}>
          {visibleString(name)}
        </option>
      ))}
    </select>
  );
}

/** Always of now: numbers do not move what is below them. */
export function AgentStates(): JSX.Element {
  const { agents } = usePage();
  const counts = agents.answer.value?.reply.counts;
  const all = counts && agentStates.reduce((sum, state) => sum + counts[state], 0);
  return (
    <div class="states" role="group" aria-label="Agents by state">
      <StateChoice state="" number={all}>
        all
      </StateChoice>
      {agentStates.map((state) => (
        <StateChoice key={state} state={state} number={counts?.[state]}>
          <Glyph mark={agentMarks[state]} />
          {agentWords[state]}
        </StateChoice>
      ))}
      {counts !== undefined && counts.unheard > 0 && (
        <p class="unheard">
          <Glyph mark="lagging" />
          <span>{unheardText(counts.unheard)}</span>
        </p>
      )}
    </div>
  );
}

function unheardText(number: number): string {
  if (number === 1) return "1 of the active is at a node that is DOWN: nobody has heard of it since.";
  return `${count(number)} of the active are at nodes that are DOWN: nobody has heard of them since.`;
}

interface StateChoiceProps {
  /** Empty: any. */
  state: AgentState | "";
  /** Undefined while it is not known. */
  number: number | undefined;
  children: ComponentChildren;
}

/** Pressing what is pressed takes the choice back. */
function StateChoice({ state, number, children }: StateChoiceProps): JSX.Element {
  const { chosen, choose } = usePage();
  const isChosen = chosen.value.agentState === state;
  const tone = state === "" ? "expected" : agentMarks[state];
  return (
    <button
      type="button"
      class="state"
      aria-pressed={isChosen}
      onClick={() => choose({ agentState: isChosen ? firstView.agentState : state, agentFrom: 0 })}
    >
      <span class={`st ${tone}`}>{children}</span> <b title={fullCount(number)}>{count(number)}</b>
    </button>
  );
}
