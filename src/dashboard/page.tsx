/** The page from top to bottom. */
import type { JSX } from "preact";
import { AgentPanel } from "./agent-panel.tsx";
import { AlertList } from "./alert-list.tsx";
import { Announcer, WindowTitle } from "./announcer.tsx";
import { AwayBanner, AwayStatus, VersionBanner } from "./away-banner.tsx";
import { FigureStrip } from "./figure-strip.tsx";
import { LevelChart } from "./level-chart.tsx";
import { LogPanel } from "./log-panel.tsx";
import { NodeTable } from "./node-table.tsx";
import { PageContext, usePage, type PageParts } from "./page-context.tsx";
import { TopBar } from "./top-bar.tsx";
import { VerdictHead } from "./verdict-head.tsx";
import { VisibleText } from "./word.tsx";

export function Page({ parts }: { parts: PageParts }): JSX.Element {
  return (
    <PageContext.Provider value={parts}>
      <a class="skip" href="#main">
        Skip to content
      </a>
      <TopBar />
      <AwayBanner />
      <VersionBanner />
      <main id="main" tabIndex={-1}>
        <VerdictHead />
        <FigureStrip />
        <NodeTable />
        <LevelChart />
        <AlertList />
        <AgentPanel />
        <LogPanel />
      </main>
      <Footer />
      <Announcer />
      <AwayStatus />
      <WindowTitle />
    </PageContext.Provider>
  );
}

function Footer(): JSX.Element {
  const status = usePage().store.status.value;
  return (
    <footer class="bottom">
      {status !== undefined && (
        <span>
          Argus <VisibleText text={status.version} /> on <VisibleText text={status.node} />
        </span>
      )}
      <span>
        Files, in its home: <code>logs/alerts/alerts.json</code>, <code>logs/cluster.log</code>,{" "}
        <code>logs/ossec.log</code>
      </span>
    </footer>
  );
}
