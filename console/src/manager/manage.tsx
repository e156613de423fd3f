import { useTranslation } from "react-i18next";
import { Show, useLoaded } from "../api/loaded";
import type { ManagedProgramme, Session } from "../api/types";
import { Seated } from "../app/session";
import { Empty } from "../design/empty";
import "../public/public.css";
import { Feeds, Quarantine } from "./feeds";
import { People } from "./people";
import { ProgrammeCard } from "./programme-card";

export function Manage() {
  return <Seated roles={["manager"]}>{(session) => <Office session={session} />}</Seated>;
}

/** The pilot: its state, what is used of it, its feeds, and who has a seat. */
function Office({ session }: { session: Session }) {
  const { t } = useTranslation();
  const programmes = useLoaded<ManagedProgramme[]>("/agency/programmes", { refetchInterval: 30_000 });
  const agency = session.seats.find((seat) => seat.role === "manager")?.agency ?? "";
  return (
    <main className="page wide" id="main">
      <h1>{t("office.title")}</h1>
      <Show of={programmes} lines={6}>
        {(items) => items.length === 0
          ? <Empty title={t("office.no_programme")} />
          : <ul className="stack">{items.map((one) => <li key={one.id}><ProgrammeCard programme={one} /></li>)}</ul>}
      </Show>
      <Feeds />
      <Quarantine />
      <People agency={agency} />
    </main>
  );
}
