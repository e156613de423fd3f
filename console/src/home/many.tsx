import { useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { lazy, Suspense, useMemo, useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { api, type Result } from "../api/client";
import { useLoaded } from "../api/loaded";
import type { Edge, OwnCamera } from "../api/types";
import { problemText } from "../app/problem";
import { Seated } from "../app/session";
import { Button } from "../design/button";
import { Skeleton } from "../design/skeleton";
import { edgeName } from "./edges";
import "./home.css";
import { sendAddress } from "./address";
import { WhyFields } from "./register";
import { Sheet, SheetFile } from "./sheet-table";
import { emptyRow, faultsOf, viewOf, type Row } from "./sheet";

const ManyViews = lazy(() => import("../map/many-views").then((module) => ({ default: module.ManyViews })));

export function ManyPage() {
  return <Seated roles={["owner"]}>{(session) => <Many person={session.person ?? ""} />}</Seated>;
}

/** A business's cameras by table: what is registered leaves the table, what failed stays with its reason. */
function Many({ person }: { person: string }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const edges = useLoaded<Edge[]>("/edges");
  const [rows, setRows] = useState<Row[]>(() => [emptyRow()]);
  const [faults, setFaults] = useState<Record<string, string>>({});
  const [done, setDone] = useState(0);
  const [total, setTotal] = useState(0);
  const known = edges.state === "ready" ? edges.data : [];
  const views = useMemo(() => rows.flatMap((row) => viewOf(row) ?? []), [rows]);
  const ready = rows.filter((row) => faultsOf(row).length === 0);
  const isRunning = total > 0;

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const said = new FormData(event.currentTarget);
    const edge = known.find((one) => one.id === said.get("edge"));
    const participation = String(said.get("participation"));
    setFaults({});
    setTotal(ready.length);
    for (const row of ready) {
      const made = await register(person, row, participation, edge);
      if (made.ok) {
        setRows((now) => now.filter((one) => one.key !== row.key));
        setDone((count) => count + 1);
      } else setFaults((now) => ({ ...now, [row.key]: problemText(t, made.problem) }));
    }
    setTotal(0);
    setRows((now) => (now.length > 0 ? now : [emptyRow()]));
    await client.invalidateQueries();
  }

  return (
    <main className="page wide" id="main">
      <p><Link to="/home/start">← {t("home.join_title")}</Link></p>
      <header className="stack tight">
        <h1>{t("home.many_title")}</h1>
        <p className="lead">{t("home.many_lead")}</p>
      </header>
      <div aria-live="polite">
        {done > 0 && (
          <p className="note good">
            {t("home.many_done", { count: done })} <Link to="/home/terms">{t("home.many_terms")}</Link>
          </p>
        )}
      </div>
      <form className="stack" onSubmit={(event) => void submit(event)}>
        <SheetFile onRows={(read) => setRows(read)} />
        <section className="card stack">
          <Sheet rows={rows} faults={faults} busy={isRunning} onChange={setRows} />
        </section>
        {views.length > 0 && (
          <div className="picker">
            <Suspense fallback={<Skeleton lines={3} />}><ManyViews views={views} label={t("home.many_map")} /></Suspense>
          </div>
        )}
        <section className="card stack">
          {known.length === 0
            ? <p>{t("home.add_no_edge")} <Link to="/home/pair">{t("home.pair_link")}</Link></p>
            : (
              <div className="field">
                <label htmlFor="edge">{t("home.add_edge")}</label>
                <select className="input" id="edge" name="edge">
                  {known.map((one) => <option key={one.id} value={one.id}>{edgeName(t, one, known)}</option>)}
                </select>
                <p className="hint">{t("home.add_address_hint")}</p>
              </div>
            )}
          <label className="check">
            <input type="checkbox" required />
            <span>{t("home.many_outdoor")}</span>
          </label>
        </section>
        <WhyFields />
        {isRunning && <progress max={total} value={done} aria-label={t("home.many_progress")} />}
        <Button type="submit" look="primary" size="big" busy={isRunning} disabled={ready.length === 0}>
          {t("home.many_do", { count: ready.length })}
        </Button>
      </form>
    </main>
  );
}

async function register(
  person: string, row: Row, participation: string, edge: Edge | undefined,
): Promise<Result<unknown>> {
  const made = await api<OwnCamera>("POST", "/cameras", {
    name: row.name, kind: row.kind, indoor: false, participation, edge: edge?.id ?? null, ...viewOf(row),
  });
  if (!made.ok || !edge || !row.address) return made;
  const sent = await sendAddress(person, made.data.id, edge, row.address);
  if (sent.ok) return sent;
  // A camera without its address would be registered twice by the next try.
  await api("DELETE", `/cameras/${made.data.id}`);
  return sent;
}
