import { Link, useNavigate } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, type Problem } from "../api/client";
import { Show, useLoaded } from "../api/loaded";
import type { AgencyRequest, Incident, ManagedProgramme, RequestPreview } from "../api/types";
import { codeText } from "../app/codes";
import { Seated, WATCHERS } from "../app/session";
import { Button } from "../design/button";
import { Empty } from "../design/empty";
import { Failure } from "../design/failure";
import { bodyOf, draftFor, type Draft } from "./draft";
import { Fields } from "./fields";
import { ResidentPreview } from "./resident-preview";
import { AreaMap } from "./area-map";
import "./requests.css";

export function ComposePage() {
  return <Seated roles={WATCHERS}>{() => <Compose />}</Seated>;
}

function Compose() {
  const { t } = useTranslation();
  const calls = useLoaded<Incident[]>("/incidents?open=true");
  const programmes = useLoaded<ManagedProgramme[]>("/agency/programmes");
  const agency = programmes.state === "ready" ? (programmes.data[0]?.agency_name ?? "") : "";
  return (
    <main className="page wide" id="main">
      <header className="stack tight">
        <p className="small"><Link to="/requests">← {t("requests.title")}</Link></p>
        <h1>{t("requests.compose")}</h1>
      </header>
      <Show of={calls} lines={8}>
        {(found) => found.length === 0
          ? <Empty title={t("requests.call_none")}><p>{t("requests.none_text")}</p></Empty>
          : <Form calls={found} agency={agency} />}
      </Show>
    </main>
  );
}

/** Left what is asked, right what it becomes: the area as the server widens it, and the text as residents read it. */
function Form({ calls, agency }: { calls: Incident[]; agency: string }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const [draft, setDraft] = useState<Draft>(() => draftFor(calls[0]));
  const [seen, setSeen] = useState<RequestPreview>();
  const [problem, setProblem] = useState<Problem>();
  const [busy, setBusy] = useState(false);
  const call = calls.find((one) => one.id === draft.incident);

  useEffect(() => {
    let gone = false;
    const timer = setTimeout(() => {
      void api<RequestPreview>("POST", "/requests/preview", bodyOf(draft)).then((answer) => {
        if (gone) return;
        setProblem(answer.ok ? undefined : answer.problem);
        setSeen(answer.ok ? answer.data : undefined);
      });
    }, 300);
    return () => {
      gone = true;
      clearTimeout(timer);
    };
  }, [draft]);

  async function publish() {
    setBusy(true);
    const made = await api<AgencyRequest>("POST", "/requests", bodyOf(draft));
    setBusy(false);
    if (!made.ok) return setProblem(made.problem);
    await navigate({ to: "/requests/$request", params: { request: made.data.id } });
  }

  const refusals = seen?.refusals ?? [];
  return (
    <div className="compose">
      <form className="card stack" onSubmit={(event) => { event.preventDefault(); void publish(); }}>
        <Fields draft={draft} calls={calls} onChange={setDraft} />
        {refusals.length > 0 && (
          <div className="note warn" role="status">
            <p><strong>{t("requests.not_yet")}</strong></p>
            <ul className="terms-list">{refusals.map((rule) => <li key={rule}>{codeText(t, "request_rule", rule.replaceAll(".", "_"))}</li>)}</ul>
          </div>
        )}
        {problem && <Failure problem={problem} />}
        <div className="stack tight">
          <p className="small muted">
            {seen && <>{t("requests.in_case", { number: Math.min(seen.number_in_case, 2) })} </>}{t("requests.publish_note")}
          </p>
          <Button type="submit" look="primary" size="big" busy={busy} disabled={!seen || refusals.length > 0}>{t("requests.publish")}</Button>
        </div>
      </form>
      <div className="compose-side stack">
        <section className="card stack tight" aria-label={t("requests.area_title")}>
          <div className="row between">
            <h2>{t("requests.area_title")}</h2>
            {seen && <span className="chip num">{t("requests.area_cells", { count: seen.cells.length })}</span>}
          </div>
          <p className="small muted">{t("requests.area_text")}</p>
          <AreaMap cells={seen?.cells ?? []} />
        </section>
        <ResidentPreview draft={draft} family={call?.family ?? ""} agency={agency} />
      </div>
    </div>
  );
}
