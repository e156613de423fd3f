import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { api } from "../api/client";
import { Show, useLoaded } from "../api/loaded";
import type { Mandate, Obligation, OwnCamera } from "../api/types";
import { codeText } from "../app/codes";
import { day } from "../app/format";
import { Copyable } from "../design/copyable";
import { Empty } from "../design/empty";
import { TwoTaps } from "../design/two-taps";
import { mandatesPath } from "./paths";
import { TermsInWords } from "./terms";

/** What obliges a camera, and what its owner made of it. Never called consent. */
export function Obligations({ camera }: { camera: OwnCamera }) {
  const { t } = useTranslation();
  const obligations = useLoaded<Obligation[]>(mandatesPath(camera.id));
  return (
    <section className="stack">
      <h2>{t("home.obliged")}</h2>
      <p className="note">{t("home.mandate_not_consent")}</p>
      <Show of={obligations} lines={5}>
        {(items) => (
          <>
            {items.length === 0 && <Empty title={t("home.no_mandate")}><p>{t("home.no_mandate_text")}</p></Empty>}
            {items.map((one) => <ObligationCard key={one.mandate.id} obligation={one} />)}
          </>
        )}
      </Show>
      <div className="card stack tight">
        <h3>{t("home.camera_number")}</h3>
        <p className="muted small">{t("home.camera_number_text")}</p>
        <Copyable text={camera.id} label={t("home.camera_number")} />
      </div>
    </section>
  );
}

function ObligationCard({ obligation }: { obligation: Obligation }) {
  const { t } = useTranslation();
  const { mandate, connection } = obligation;
  const isOn = connection?.state === "mandate";
  const state = connection?.state ?? "none";
  return (
    <article className="card stack">
      <header className="row between">
        <h3>{obligation.programme_name}</h3>
        <span className={`chip ${isOn ? "good" : "warn"}`}>{codeText(t, "connection_state", state)}</span>
      </header>
      <p className="muted">{obligation.agency_name}</p>
      <MandateFacts mandate={mandate} />
      {connection && isOn && <TermsInWords terms={connection.terms} />}
      {!obligation.draft && <p className="note warn">{t("home.connect_closed_text")}</p>}
      <footer className="row">
        {obligation.draft && (
          <Link
            className={`btn ${isOn ? "small" : "primary"}`} to="/home/cameras/$camera/mandates/$mandate"
            params={{ camera: mandate.camera, mandate: mandate.id }}
          >
            {t(isOn ? "home.change_terms" : "home.connect_open")}
          </Link>
        )}
        {isOn && (
          <TwoTaps
            ask={t("home.disconnect")} sure={t("home.disconnect_sure")}
            act={() => api("POST", `/mandates/${mandate.id}/disconnect`)}
          />
        )}
      </footer>
    </article>
  );
}

export function MandateFacts({ mandate }: { mandate: Mandate }) {
  const { t, i18n } = useTranslation();
  return (
    <dl className="facts">
      <dt>{t("home.mandate_kind")}</dt><dd>{codeText(t, "participation", mandate.participation)}</dd>
      <dt>{t("home.mandate_section")}</dt><dd>{mandate.section}</dd>
      <dt>{t("home.mandate_scope")}</dt><dd>{mandate.scope}</dd>
      <dt>{t("home.mandate_since")}</dt><dd>{day(mandate.recorded_at, i18n.language)}</dd>
      <dt>{t("open.hash")}</dt><dd className="mono">{mandate.ordinance_sha256}</dd>
    </dl>
  );
}
