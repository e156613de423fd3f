import { Link, useParams } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { api } from "../api/client";
import { Show, useLoaded } from "../api/loaded";
import type { Consent, Consents, Draft, Said, Terms, Waiver } from "../api/types";
import { Seated } from "../app/session";
import { Empty } from "../design/empty";
import "./home.css";
import { consentsPath } from "./paths";
import { SignTerms } from "./sign-terms";

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
  const { t } = useTranslation();
  const current = held.find((consent) => consent.programme === offer.programme);
  const isChange = current?.state === "given";
  const start: Terms = isChange
    ? { ...current.terms, version: offer.terms.version, waiver_sha256: waiver.sha256 }
    : offer.terms;
  return (
    <SignTerms
      person={person} start={start} mask={isChange ? current.mask : offer.mask} programme={offer.programme_name} agency={offer.agency_name}
      text={<WaiverText waiver={waiver} />}
      agree={t("home.waiver_agree")} send={(said) => sendConsent(said, offer, current)}
    />
  );
}

/** What is signed, whole, in one's own language. */
export function WaiverText({ waiver }: { waiver: Waiver }) {
  const { t, i18n } = useTranslation();
  return (
    <>
      <h2>{t("home.waiver")}</h2>
      {/* A scrolling text must be reachable by keyboard. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <div className="waiver" tabIndex={0} role="region" aria-label={t("home.waiver")}>
        {plainText(waiver.texts[i18n.language] ?? waiver.texts["en"] ?? "")}
      </div>
    </>
  );
}

/** New, changed or given again, as the state of the one before wants it. */
export function sendConsent(said: Said, offer: Draft, current: Consent | undefined) {
  if (current?.state === "given") return api("PUT", `/consents/${current.id}/terms`, said);
  if (current && current.state !== "withdrawn" && current.state !== "revoked") {
    return api("POST", `/consents/${current.id}/renew`, said);
  }
  return api("POST", `/cameras/${said.terms.camera_id}/consents`, { ...said, programme: offer.programme });
}

/** The waiver is Markdown with headings and paragraphs only; without the signs it is plain text. */
function plainText(markdown: string): string {
  return markdown.replaceAll(/^#+\s*/gm, "").replaceAll("**", "");
}
