import { useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../api/client";
import { Show, useLoaded } from "../api/loaded";
import type { Consents, Draft, OwnCamera, Said, Terms, Waiver } from "../api/types";
import { problemText } from "../app/problem";
import { Seated } from "../app/session";
import { Button } from "../design/button";
import { Empty } from "../design/empty";
import { sendConsent, WaiverText } from "./consent";
import "./home.css";
import { consentsPath } from "./paths";
import { signTerms } from "./sign";
import { TermsInWords } from "./terms";
import { TermsForm } from "./terms-form";
import { TierChoice } from "./tier-choice";

export function SignManyPage() {
  return <Seated roles={["owner"]}>{(session) => <Choose person={session.person ?? ""} />}</Seated>;
}

/** One set of terms for many cameras. Each camera is signed for by itself, and each can be changed or ended by itself. */
function Choose({ person }: { person: string }) {
  const { t } = useTranslation();
  const cameras = useLoaded<OwnCamera[]>("/cameras");
  const waiver = useLoaded<Waiver>("/waivers/current");
  return (
    <main className="page" id="main">
      <p><Link to="/home">← {t("home.title")}</Link></p>
      <header className="stack tight">
        <h1>{t("home.sign_many_title")}</h1>
        <p className="lead">{t("home.sign_many_lead")}</p>
      </header>
      <Show of={cameras}>
        {(all) => {
          const free = all.filter((camera) => camera.participation === "voluntary");
          const [first] = free;
          if (!first) return <Empty title={t("home.no_cameras")}><p><Link to="/home/start">{t("home.join_title")}</Link></p></Empty>;
          return <Show of={waiver}>{(text) => <Offered person={person} cameras={free} first={first} waiver={text} />}</Show>;
        }}
      </Show>
    </main>
  );
}

interface Props { person: string; cameras: OwnCamera[]; waiver: Waiver }

function Offered({ first, ...props }: Props & { first: OwnCamera }) {
  const { t } = useTranslation();
  const consents = useLoaded<Consents>(consentsPath(first.id));
  return (
    <Show of={consents}>
      {({ drafts: [offer] }) => offer
        ? <Sign {...props} offer={offer} />
        : <Empty title={t("home.no_programme")}><p>{t("home.no_programme_text")}</p></Empty>}
    </Show>
  );
}

function Sign({ person, cameras, waiver, offer }: Props & { offer: Draft }) {
  const { t, i18n } = useTranslation();
  const client = useQueryClient();
  const [chosen, setChosen] = useState<string[]>([]);
  const [terms, setTerms] = useState<Terms>(offer.terms);
  const [agreed, setAgreed] = useState(false);
  const [done, setDone] = useState<string[]>([]);
  const [faults, setFaults] = useState<Record<string, string>>({});
  const [busy, setBusy] = useState(false);
  const attested = terms.view_attested.not_indoor && terms.view_attested.no_neighbour_dwelling;
  const toggle = (id: string, on: boolean) => setChosen((now) => (on ? [...now, id] : now.filter((one) => one !== id)));

  async function sign() {
    setBusy(true);
    setFaults({});
    setDone([]);
    for (const camera of cameras.filter((one) => chosen.includes(one.id))) {
      const fault = await signOne(person, camera.id, terms, offer.programme, i18n.language as Said["language"]);
      if (fault) setFaults((now) => ({ ...now, [camera.id]: problemText(t, fault) }));
      else setDone((now) => [...now, camera.id]);
    }
    setBusy(false);
    await client.invalidateQueries();
  }

  return (
    <>
      <fieldset className="card field" disabled={busy}>
        <legend className="vh">{t("home.cameras")}</legend>
        <div className="row between">
          <span className="label" aria-hidden="true">{t("home.cameras")}</span>
          <Button size="small" onClick={() => setChosen(chosen.length === cameras.length ? [] : cameras.map((one) => one.id))}>
            {t(chosen.length === cameras.length ? "home.choose_none" : "home.choose_all")}
          </Button>
        </div>
        {cameras.map((camera) => (
          <label key={camera.id} className="check">
            <input type="checkbox" checked={chosen.includes(camera.id)} onChange={(event) => toggle(camera.id, event.target.checked)} />
            <span>
              {camera.name}{done.includes(camera.id) && ` · ${t("home.signed")}`}
              {faults[camera.id] && <span className="note bad small" role="status">{faults[camera.id]}</span>}
            </span>
          </label>
        ))}
      </fieldset>
      <section className="card stack">
        <h2>{offer.programme_name}</h2>
        <p className="muted">{offer.agency_name}</p>
        <TierChoice programme={offer.programme} terms={terms} onChange={setTerms} />
        <TermsForm terms={terms} onChange={setTerms} />
        <p className="small muted">{t("home.sign_many_mask")}</p>
      </section>
      <section className="card stack tight">
        <h2>{t("home.in_words")}</h2>
        <TermsInWords terms={terms} />
      </section>
      <section className="card stack">
        <WaiverText waiver={waiver} />
        <label className="check">
          <input type="checkbox" checked={agreed} onChange={(event) => setAgreed(event.target.checked)} />
          <span>{t("home.waiver_agree")}</span>
        </label>
        {busy && <progress max={chosen.length} value={done.length} aria-label={t("home.many_progress")} />}
        <Button look="primary" size="big" busy={busy} disabled={!agreed || !attested || chosen.length === 0} onClick={() => void sign()}>
          {t("home.sign_many", { count: chosen.length })}
        </Button>
        {!attested && <p className="small muted">{t("home.sign_needs")}</p>}
        <p className="note good" role="status" hidden={busy || done.length === 0}>{t("home.sign_many_done", { count: done.length })}</p>
      </section>
    </>
  );
}

/** The problem, or undefined once this camera's own version is signed and kept; a mask that hides a part stays. */
async function signOne(person: string, camera: string, said: Terms, programme: string, language: Said["language"]) {
  const found = await api<Consents>("GET", consentsPath(camera));
  if (!found.ok) return found.problem;
  const offer = found.data.drafts.find((draft) => draft.programme === programme);
  if (!offer) return { status: 409, kind: "conflict", title: "" };
  const current = found.data.consents.find((consent) => consent.programme === programme);
  const mask = current?.state === "given" ? current.mask : offer.mask;
  const mask_sha256 = current?.state === "given" ? current.terms.view_attested.mask_sha256 : offer.terms.view_attested.mask_sha256;
  const terms = {
    ...said, camera_id: camera, version: offer.terms.version, waiver_sha256: offer.terms.waiver_sha256,
    view_attested: { ...said.view_attested, mask_sha256 },
  };
  const owner_signature = await signTerms(person, terms);
  const kept = await sendConsent({ terms, owner_signature, language, mask }, offer, current);
  return kept.ok ? undefined : kept.problem;
}
