import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { Show, useLoaded } from "../api/loaded";
import type { ManagedProgramme, Session } from "../api/types";
import { agencyOf, Seated } from "../app/session";
import { Empty } from "../design/empty";
import "../public/public.css";
import { NewProgramme } from "./new-programme";
import { People } from "./people";
import { ProgrammeCard } from "./programme-card";

export function Manage() {
  return <Seated roles={["manager"]}>{(session) => <Office session={session} />}</Seated>;
}

/** The pilot: its state, what is used of it, the way to its feeds, and who has a seat. */
function Office({ session }: { session: Session }) {
  const { t } = useTranslation();
  const programmes = useLoaded<ManagedProgramme[]>("/agency/programmes", { refetchInterval: 30_000 });
  const agency = agencyOf(session, "manager");
  return (
    <main className="page wide" id="main">
      <header className="row between">
        <h1>{t("office.title")}</h1>
        <div className="row">
          <Link className="btn small" to="/manage/cameras">{t("office.cameras")}</Link>
          <Link className="btn small" to="/manage/feeds">{t("office.feeds_link")}</Link>
        </div>
      </header>
      <Show of={programmes} lines={6}>
        {(items) => items.length === 0
          ? <Empty title={t("office.no_programme")} />
          : <ul className="stack">{runningFirst(items).map((one) => <li key={one.id}><ProgrammeCard programme={one}><PapersLink id={one.id} /></ProgrammeCard></li>)}</ul>}
      </Show>
      <People agency={agency} />
      <NewProgramme agency={agency} />
    </main>
  );
}

/** What runs first, then drafts and what is to come, what is over last. */
function runningFirst(items: ManagedProgramme[]): ManagedProgramme[] {
  const order = ["active", "suspended", "published", "comment", "draft", "ended"];
  return items.toSorted((left, right) => order.indexOf(left.state) - order.indexOf(right.state));
}

function PapersLink({ id }: { id: string }) {
  const { t } = useTranslation();
  return (
    <Link className="btn small" to="/manage/programmes/$programme" params={{ programme: id }}>{t("office.papers")}</Link>
  );
}
