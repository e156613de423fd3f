import { useQueryClient } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, type Problem } from "../api/client";
import { Show, useLoaded } from "../api/loaded";
import type { CallType, FeedTypes } from "../api/types";
import { ago, useNow } from "../app/format";
import { Seated } from "../app/session";
import { Button } from "../design/button";
import { Empty } from "../design/empty";
import { Failure } from "../design/failure";
import "../public/public.css";
import { TypeChooser, TypeName } from "./type-chooser";

export function FeedTypesPage() {
  return <Seated roles={["manager"]}>{() => <Page />}</Seated>;
}

/** What one feed's own call types mean. What means nothing opens nothing. */
function Page() {
  const { t } = useTranslation();
  const { feed = "" } = useParams({ strict: false });
  const types = useLoaded<FeedTypes>(`/feeds/${feed}/types`);
  return (
    <main className="page wide" id="main">
      <p><Link to="/manage/feeds">← {t("office.feeds")}</Link></p>
      <header className="stack tight">
        <h1>{t("office.types_title")}</h1>
        <p className="lead">{t("office.types_lead")}</p>
      </header>
      <Show of={types} lines={8}>{(data) => <Types data={data} />}</Show>
    </main>
  );
}

interface Line { local: string; said: string }

function Types({ data }: { data: FeedTypes }) {
  const { t, i18n } = useTranslation();
  const now = useNow(60_000);
  const [picked, setPicked] = useState<Record<string, string>>({});
  const [choosing, setChoosing] = useState<string>();
  const known = new Map(data.choices.map((type) => [type.code, type]));
  const choose = (local: string, code: string) => setPicked((before) => ({ ...before, [local]: code }));
  const line = ({ local, said }: Line, note?: string) => (
    <OneType
      key={local} local={local} note={note} type={known.get(picked[local] ?? said)} isPicked={local in picked}
      canChange={data.feed.active} onChoose={() => setChoosing(local)} onUnsay={said ? () => choose(local, "") : undefined}
    />
  );
  return (
    <>
      <h2>{data.feed.name}</h2>
      {!data.feed.active && <p className="note warn">{t("office.types_off")}</p>}
      <section className="card stack">
        <h3>{t("office.types_unknown")}</h3>
        {data.unknown.length === 0 ? <Empty title={t("office.types_none")} /> : (
          <ul className="type-list">
            {data.unknown.map((found) => line(
              { local: found.local_type, said: "" },
              `${t("office.taken", { count: found.calls })} · ${ago(found.last_at, now, i18n.language)}`,
            ))}
          </ul>
        )}
      </section>
      <Save feed={data.feed.id} picked={picked} known={known} onSaved={() => setPicked({})} />
      <section className="card stack">
        <h3>{t("office.types_meant")}</h3>
        {data.meant.length === 0 ? <p className="muted">{t("office.types_meant_none")}</p> : (
          <ul className="type-list">{data.meant.map((one) => line({ local: one.local_type, said: one.code }))}</ul>
        )}
      </section>
      {choosing !== undefined && (
        <TypeChooser
          of={choosing} choices={data.choices} onClose={() => setChoosing(undefined)}
          onChoose={(code) => { choose(choosing, code); setChoosing(undefined); }}
        />
      )}
    </>
  );
}

interface OneProps {
  local: string; note?: string; type: CallType | undefined; isPicked: boolean; canChange: boolean;
  onChoose: () => void; onUnsay?: () => void;
}

function OneType({ local, note, type, isPicked, canChange, onChoose, onUnsay }: OneProps) {
  const { t } = useTranslation();
  const act = t(type ? "office.types_change" : "office.types_do");
  return (
    <li className="row between">
      <div className="stack tight">
        <strong className="mono local-type">{local}</strong>
        {note && <span className="muted small num">{note}</span>}
        {type ? <TypeName type={type} /> : <span><span className="chip">{t("office.types_nothing")}</span></span>}
        {isPicked && <span><span className="chip accent">{t("office.types_unsaved")}</span></span>}
      </div>
      {canChange && (
        <div className="row">
          <Button size="small" aria-label={t("office.types_act", { act, type: local })} onClick={onChoose}>{act}</Button>
          {onUnsay && type && (
            <Button size="small" look="quiet" aria-label={t("office.types_act", { act: t("office.types_unsay"), type: local })} onClick={onUnsay}>
              {t("office.types_unsay")}
            </Button>
          )}
        </div>
      )}
    </li>
  );
}

interface SaveProps { feed: string; picked: Record<string, string>; known: Map<string, CallType>; onSaved: () => void }

/** Nothing counts before it is saved; what may open cameras then is said once more. */
function Save({ feed, picked, known, onSaved }: SaveProps) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [busy, setBusy] = useState(false);
  const [saved, setSaved] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const count = Object.keys(picked).length;
  const opens = Object.values(picked).filter((code) => known.get(code)?.opens).length;

  async function save() {
    setBusy(true);
    const done = await api("POST", `/feeds/${feed}/types`, { types: picked });
    setBusy(false);
    setSaved(done.ok);
    setProblem(done.ok ? undefined : done.problem);
    if (!done.ok) return;
    await client.invalidateQueries({ queryKey: ["feeds"] });
    onSaved();
  }

  return (
    <div className="stack tight" aria-live="polite">
      {count > 0 && opens > 0 && <p className="note warn">{t("office.types_warning", { count: opens })}</p>}
      {count > 0 && (
        <div><Button look="primary" busy={busy} onClick={() => void save()}>{t("office.types_save", { count })}</Button></div>
      )}
      {saved && count === 0 && <p className="note good">{t("office.types_saved")}</p>}
      {problem && <Failure problem={problem} />}
    </div>
  );
}
