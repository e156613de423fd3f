import { useQueryClient } from "@tanstack/react-query";
import { lazy, Suspense, useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { api, type Problem } from "../api/client";
import type { Alert } from "../api/types";
import { codeText, type CodeGroup } from "../app/codes";
import { Button } from "../design/button";
import { Failure } from "../design/failure";
import { Skeleton } from "../design/skeleton";
import "../home/home.css";
import type { Point } from "../map/place-picker";
import { AlertTextFields, OtherLanguages, textsOf } from "./alert-text";

const PlacePicker = lazy(() => import("../map/place-picker").then((module) => ({ default: module.PlacePicker })));
const CATEGORIES = ["Safety", "Security", "Fire", "Infra", "Met", "Transport", "Rescue", "Health", "Env", "Geo", "CBRNE", "Other"];
const RESPONSES = ["Avoid", "Shelter", "Evacuate", "Prepare", "Monitor", "Execute", "Assess", "AllClear", "None"];
const URGENCIES = ["Immediate", "Expected", "Future", "Past", "Unknown"];
const SEVERITIES = ["Extreme", "Severe", "Moderate", "Minor", "Unknown"];
const CERTAINTIES = ["Observed", "Likely", "Possible", "Unlikely", "Unknown"];
const HOURS = [1, 2, 4, 8, 24, 72];
const HOUR_MS = 3_600_000;

interface Props { agency: string; earlier: Alert | undefined; onDone: () => void }

/** Compose an official alert, or the correction of an earlier one, for a drawn area. */
export function AlertForm({ agency, earlier, onDone }: Props) {
  const { t, i18n } = useTranslation();
  const client = useQueryClient();
  const [corners, setCorners] = useState<Point[]>(() => (earlier?.corners ?? []).slice(0, -1).map(([lat, lon]) => ({ lat, lon })));
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const first = earlier?.texts[0]?.language ?? i18n.language;

  async function publish(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const said = (name: string) => String(form.get(name) ?? "").trim();
    const body = {
      category: said("category"), response: said("response"), urgency: said("urgency"), severity: said("severity"),
      certainty: said("certainty"), area_name: said("area_name"), corners,
      texts: textsOf(form, first),
      expires_at: new Date(Date.now() + Number(said("hours")) * HOUR_MS - 1_000).toISOString(),
    };
    setBusy(true);
    const done = await api("POST", earlier ? `/alerts/${earlier.id}/update` : `/agencies/${agency}/alerts`, body);
    setBusy(false);
    setProblem(done.ok ? undefined : done.problem);
    if (!done.ok) return;
    await client.invalidateQueries({ queryKey: ["alerts"] });
    onDone();
  }

  return (
    <form className="stack" onSubmit={(event) => void publish(event)}>
      <h2>{t(earlier ? "neighbors.alert_correct" : "neighbors.alert_new")}</h2>
      <p className="muted">{t("neighbors.alert_desk_lead")}</p>
      <div className="card stack">
        <div className="field"><span className="label">{t("neighbors.draw_area")}</span><p className="hint">{t("neighbors.draw_hint")}</p></div>
        <div className="picker">
          <Suspense fallback={<Skeleton lines={3} />}>
            <PlacePicker points={corners} isArea label={t("neighbors.draw_area")} middle={t("neighbors.draw_middle")}
              onAdd={(point) => setCorners((before) => [...before, point])} />
          </Suspense>
        </div>
        <div className="row">
          <span role="status">{t("neighbors.alert_corners", { count: corners.length })}</span>
          <Button size="small" disabled={corners.length === 0} onClick={() => setCorners(corners.slice(0, -1))}>{t("neighbors.draw_undo")}</Button>
        </div>
        <Line name="area_name" label={t("neighbors.area_name")} most={160} value={earlier?.area_name} />
      </div>
      <div className="card stack">
        <Codes name="category" label={t("neighbors.alert_category")} group="cap_category" codes={CATEGORIES} value={earlier?.category} />
        <Codes name="response" label={t("neighbors.alert_response")} group="cap_response" codes={RESPONSES} value={earlier?.response} />
        <div className="three">
          <Codes name="urgency" label={t("neighbors.alert_urgency")} group="cap_urgency" codes={URGENCIES} value={earlier?.urgency} />
          <Codes name="severity" label={t("neighbors.alert_severity")} group="cap_severity" codes={SEVERITIES} value={earlier?.severity} />
          <Codes name="certainty" label={t("neighbors.alert_certainty")} group="cap_certainty" codes={CERTAINTIES} value={earlier?.certainty} />
        </div>
        <AlertTextFields language={first} isFirst earlier={earlier?.texts[0]} />
        <OtherLanguages first={first} earlier={earlier} />
        <div className="field"><label htmlFor="a-hours">{t("neighbors.alert_hours")}</label>
          <select className="input" id="a-hours" name="hours" defaultValue={4}>
            {HOURS.map((hours) => <option key={hours} value={hours}>{hours} h</option>)}
          </select></div>
      </div>
      <div className="row">
        <Button type="submit" look="live" busy={busy} disabled={corners.length < 3}>{t("neighbors.alert_do")}</Button>
        <Button look="quiet" onClick={onDone}>{t("shell.cancel")}</Button>
      </div>
      {problem && <Failure problem={problem} />}
    </form>
  );
}

function Line({ name, label, most, value }: { name: string; label: string; most: number; value: string | undefined }) {
  return (
    <div className="field"><label htmlFor={`a-${name}`}>{label}</label>
      <input className="input" id={`a-${name}`} name={name} required maxLength={most} defaultValue={value} /></div>
  );
}

interface CodesProps { name: string; label: string; group: CodeGroup; codes: readonly string[]; value: string | undefined }

function Codes({ name, label, group, codes, value }: CodesProps) {
  const { t } = useTranslation();
  return (
    <div className="field"><label htmlFor={`a-${name}`}>{label}</label>
      <select className="input" id={`a-${name}`} name={name} defaultValue={value ?? codes[0]}>
        {codes.map((code) => <option key={code} value={code}>{codeText(t, group, code)}</option>)}
      </select></div>
  );
}
