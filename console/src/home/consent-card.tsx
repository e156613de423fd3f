import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { api } from "../api/client";
import { useLoaded } from "../api/loaded";
import type { Consent, Draft, Programme } from "../api/types";
import { codeText } from "../app/codes";
import { TwoTaps } from "../design/two-taps";
import { TermsInWords } from "./terms";

/** What was agreed with one programme, the receipt, and the way out in two taps. */
export function ConsentCard({ consent, drafts }: { consent: Consent; drafts: Draft[] }) {
  const { t } = useTranslation();
  const isGiven = consent.state === "given";
  return (
    <article className="card stack">
      <header className="row between">
        <ProgrammeName id={consent.programme} drafts={drafts} />
        <span className={`chip ${isGiven ? "good" : "warn"}`}>{codeText(t, "consent_state", consent.state)}</span>
      </header>
      <TermsInWords terms={consent.terms} />
      <footer className="row">
        <a className="btn small" href={`/api/consents/${consent.id}/receipt.html`}>{t("home.receipt")}</a>
        <Link className="btn small" to="/home/cameras/$camera/consent" params={{ camera: consent.camera }}>
          {t(isGiven ? "home.change_terms" : "home.give_again")}
        </Link>
        {isGiven && (
          <TwoTaps
            ask={t("home.withdraw")} sure={t("home.withdraw_sure")}
            act={() => api("POST", `/consents/${consent.id}/withdraw`)}
          />
        )}
      </footer>
    </article>
  );
}

function ProgrammeName({ id, drafts }: { id: string; drafts: Draft[] }) {
  const known = drafts.find((draft) => draft.programme === id)?.programme_name;
  const page = useLoaded<Programme>(`/programmes/${id}`, { enabled: !known, staleTime: 300_000 });
  return <h3>{known ?? (page.state === "ready" ? page.data.name : "…")}</h3>;
}
