import { useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { lazy, Suspense, useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { api, type Problem } from "../api/client";
import { useLoaded } from "../api/loaded";
import type { Edge, OwnCamera } from "../api/types";
import { codeText } from "../app/codes";
import { Seated } from "../app/session";
import { Button } from "../design/button";
import { Failure } from "../design/failure";
import { Skeleton } from "../design/skeleton";
import type { ViewCone } from "../map/geometry";
import "./home.css";
import { sendAddress } from "./address";
import { AddressFields, addressIn } from "./address-fields";
import { Range } from "./terms-form";

const ViewPicker = lazy(() => import("../map/view-picker").then((module) => ({ default: module.ViewPicker })));
const PARTICIPATIONS = ["voluntary", "mandated", "condition_of_benefit"] as const;
const KINDS = ["fixed", "doorbell"] as const;

export function Register() {
  return <Seated roles={["owner"]}>{(session) => <Form person={session.person ?? ""} />}</Seated>;
}

/** A camera's name, kind, place and view; its address goes sealed to the edge and never to the server. */
function Form({ person }: { person: string }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const navigate = useNavigate();
  const edges = useLoaded<Edge[]>("/edges");
  const [view, setView] = useState<ViewCone>();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const known = edges.state === "ready" ? edges.data : [];

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const said = new FormData(event.currentTarget);
    const edge = known.find((one) => one.id === said.get("edge"));
    if (!view) return;
    setBusy(true);
    const made = await api<OwnCamera>("POST", "/cameras", {
      name: String(said.get("name")), kind: String(said.get("kind")), indoor: said.get("indoor") === "on",
      participation: String(said.get("participation")), edge: edge?.id ?? null, ...view,
    });
    const address = addressIn(said);
    const sent = made.ok && edge && address ? await sendAddress(person, made.data.id, edge, address) : undefined;
    setBusy(false);
    if (!made.ok) return setProblem(made.problem);
    if (sent && !sent.ok) return setProblem(sent.problem);
    await client.invalidateQueries();
    const isFree = made.data.participation === "voluntary";
    await navigate({ to: isFree ? "/home/cameras/$camera/consent" : "/home/cameras/$camera", params: { camera: made.data.id } });
  }

  return (
    <main className="page" id="main">
      <p><Link to="/home">← {t("home.title")}</Link></p>
      <h1>{t("home.add_title")}</h1>
      <form className="stack" onSubmit={(event) => void submit(event)}>
        <div className="card stack">
          <div className="field">
            <label htmlFor="name">{t("home.add_name")}</label>
            <input className="input" id="name" name="name" required maxLength={80} placeholder={t("home.add_name_eg")} />
          </div>
          <div className="field">
            <label htmlFor="kind">{t("home.add_kind")}</label>
            <select className="input" id="kind" name="kind">
              {KINDS.map((kind) => <option key={kind} value={kind}>{codeText(t, "camera_kind", kind)}</option>)}
            </select>
          </div>
          <label className="check">
            <input type="checkbox" name="indoor" />
            <span>{t("home.add_indoor")}<br /><span className="muted small">{t("home.add_indoor_hint")}</span></span>
          </label>
        </div>
        <div className="card stack">
          <div className="field">
            <span className="label">{t("home.add_view")}</span>
            <p className="hint">{t(view ? "home.view_second" : "home.view_first")}</p>
          </div>
          <div className="picker">
            <Suspense fallback={<Skeleton lines={3} />}><ViewPicker view={view} onChange={setView} /></Suspense>
          </div>
          {view && <ViewSliders view={view} onChange={setView} />}
        </div>
        <div className="card stack">
          {known.length === 0
            ? <p>{t("home.add_no_edge")} <Link to="/home/pair">{t("home.pair_link")}</Link></p>
            : <AddressFields edges={known} person={person} />}
        </div>
        <WhyFields />
        <Button type="submit" look="primary" size="big" busy={busy} disabled={!view}>{t("home.add_do")}</Button>
        {problem && <Failure problem={problem} />}
      </form>
    </main>
  );
}

/** Freely, unless the owner says that something obliges the camera; that is not consent and is never called so. */
export function WhyFields() {
  const { t } = useTranslation();
  return (
    <fieldset className="card field">
      <legend className="vh">{t("home.add_why")}</legend>
      <span className="label" aria-hidden="true">{t("home.add_why")}</span>
      {PARTICIPATIONS.map((why) => (
        <label key={why} className="check">
          <input type="radio" name="participation" value={why} defaultChecked={why === "voluntary"} />
          <span>{t(`home.why_${why}`)}<br /><span className="muted small">{t(`home.why_${why}_hint`)}</span></span>
        </label>
      ))}
    </fieldset>
  );
}

function ViewSliders({ view, onChange }: { view: ViewCone; onChange: (view: ViewCone) => void }) {
  const { t } = useTranslation();
  return (
    <>
      <Range id="heading" label={t("home.heading")} min={0} max={359} step={1} value={view.heading_deg ?? 0}
        shown={`${view.heading_deg ?? 0}°`} onChange={(heading_deg) => onChange({ ...view, heading_deg })} />
      <Range id="angle" label={t("home.angle")} min={10} max={360} step={5} value={view.fov_deg}
        shown={`${view.fov_deg}°`} onChange={(fov_deg) => onChange({ ...view, fov_deg })} />
      <Range id="range" label={t("home.range")} min={5} max={200} step={1} value={view.range_m}
        shown={`${view.range_m} m`} onChange={(range_m) => onChange({ ...view, range_m })} />
    </>
  );
}
