import { useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, type Problem } from "../api/client";
import { Show, useLoaded } from "../api/loaded";
import type { Consent, Consents, Draft, Terms, Waiver } from "../api/types";
import { Seated } from "../app/session";
import { Button } from "../design/button";
import { Empty } from "../design/empty";
import { Failure } from "../design/failure";
import "./home.css";
import { consentsPath } from "./paths";
import { signTerms } from "./sign";
import { TermsInWords } from "./terms";
import { TermsForm } from "./terms-form";

export function ConsentPage() {
  return <Seated roles={["owner"]}>{(session) => <Flow person={session.person ?? ""} />}</Seated>;
}

/** Terms, the text, a signature by this device. Careful defaults; nothing is ticked for you. */
function Flow({ person }: { person: string }) {
  const { t } = useTranslation();
  const { camera = "" } = useParams({ strict: false });
  const consents = useLoaded<Consents>(consentsPath(camera));
  const waiver = useLoaded<Waiver>("/waivers/current");
  return (
    <main className="page" id="main">
      <p><Link to="/home/cameras/$camera" params={{ camera }}>← {t("shell.back")}</Link></p>
      <header className="stack tight">
        <h1>{t("home.consent_title")}</h1>
        <p className="lead">{t("home.consent_lead")}</p>
      </header>
      <Show of={consents}>
        {({ consents: held, drafts }) => (
          <Show of={waiver}>
            {(text) => {
              const offer = drafts[0];
              if (!offer) return <Empty title={t("home.no_programme")}><p>{t("home.no_programme_text")}</p></Empty>;
              return <Sign key={offer.programme} person={person} offer={offer} held={held} waiver={text} />;
            }}
          </Show>
        )}
      </Show>
    </main>
  );
}

interface SignProps { person: string; offer: Draft; held: Consent[]; waiver: Waiver }

function Sign({ person, offer, held, waiver }: SignProps) {
  const { t, i18n } = useTranslation();
  const client = useQueryClient();
  const navigate = useNavigate();
  const current = held.find((consent) => consent.programme === offer.programme);
  const isChange = current?.state === "given";
  const [terms, setTerms] = useState<Terms>(() =>
    isChange ? { ...current.terms, version: offer.terms.version, waiver_sha256: waiver.sha256 } : offer.terms);
  const [agreed, setAgreed] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const attested = terms.view_attested.not_indoor && terms.view_attested.no_neighbour_dwelling;

  async function sign() {
    setBusy(true);
    const said = { terms, owner_signature: await signTerms(person, terms), language: i18n.language };
    const done = isChange
      ? await api("PUT", `/consents/${current.id}/terms`, said)
      : current && current.state !== "withdrawn" && current.state !== "revoked"
        ? await api("POST", `/consents/${current.id}/renew`, said)
        : await api("POST", `/cameras/${terms.camera_id}/consents`, { ...said, programme: offer.programme });
    setBusy(false);
    if (!done.ok) return setProblem(done.problem);
    await client.invalidateQueries();
    await navigate({ to: "/home/cameras/$camera", params: { camera: terms.camera_id } });
  }

  return (
    <>
      <section className="card stack">
        <h2>{offer.programme_name}</h2>
        <p className="muted">{offer.agency_name}</p>
        <TermsForm terms={terms} onChange={setTerms} />
      </section>
      <section className="card stack tight">
        <h2>{t("home.in_words")}</h2>
        <TermsInWords terms={terms} />
      </section>
      <section className="card stack">
        <h2>{t("home.waiver")}</h2>
        {/* A scrolling text must be reachable by keyboard. */}
        {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
        <div className="waiver" tabIndex={0} role="region" aria-label={t("home.waiver")}>
          {plainText(waiver.texts[i18n.language] ?? waiver.texts["en"] ?? "")}
        </div>
        <label className="check">
          <input type="checkbox" checked={agreed} onChange={(event) => setAgreed(event.target.checked)} />
          <span>{t("home.waiver_agree")}</span>
        </label>
        <Button look="primary" size="big" busy={busy} disabled={!agreed || !attested} onClick={() => void sign()}>
          {t("home.sign")}
        </Button>
        {!attested && <p className="small muted">{t("home.sign_needs")}</p>}
        {problem && <Failure problem={problem} />}
      </section>
    </>
  );
}

/** The waiver is Markdown with headings and paragraphs only; without the signs it is plain text. */
function plainText(markdown: string): string {
  return markdown.replaceAll(/^#+\s*/gm, "").replaceAll("**", "");
}
