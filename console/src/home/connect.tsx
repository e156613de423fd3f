import { Link, useParams } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { api } from "../api/client";
import { Show, useLoaded } from "../api/loaded";
import type { Draft, Obligation } from "../api/types";
import { Seated } from "../app/session";
import { Empty } from "../design/empty";
import "./home.css";
import { MandateFacts } from "./obligations";
import { mandatesPath } from "./paths";
import { SignTerms } from "./sign-terms";

export function ConnectPage() {
  return <Seated roles={["owner"]}>{(session) => <Flow person={session.person ?? ""} />}</Seated>;
}

/** An obliged camera is connected by its owner and nobody else: the widest terms to narrow, and to sign. */
function Flow({ person }: { person: string }) {
  const { t } = useTranslation();
  const { camera = "", mandate = "" } = useParams({ strict: false });
  const obligations = useLoaded<Obligation[]>(mandatesPath(camera));
  return (
    <main className="page" id="main">
      <p><Link to="/home/cameras/$camera" params={{ camera }}>← {t("shell.back")}</Link></p>
      <header className="stack tight">
        <h1>{t("home.connect_title")}</h1>
        <p className="lead">{t("home.connect_lead")}</p>
      </header>
      <Show of={obligations}>
        {(items) => {
          const found = items.find((one) => one.mandate.id === mandate);
          if (!found) return <Empty title={t("problem.not-found")} />;
          if (!found.draft) return <Empty title={t("home.connect_closed")}><p>{t("home.connect_closed_text")}</p></Empty>;
          return <Sign person={person} obligation={found} draft={found.draft} />;
        }}
      </Show>
    </main>
  );
}

function Sign({ person, obligation, draft }: { person: string; obligation: Obligation; draft: Draft }) {
  const { t } = useTranslation();
  const { mandate, connection } = obligation;
  const { terms: widest } = draft;
  const isConnected = connection?.state === "mandate";
  const start = isConnected ? { ...connection.terms, version: widest.version } : widest;
  return (
    <SignTerms
      person={person} start={start} widest={widest} mask={isConnected ? connection.mask : draft.mask}
      programme={obligation.programme_name} agency={obligation.agency_name}
      text={<><h2>{t("home.mandate")}</h2><MandateFacts mandate={mandate} /><p>{t("home.mandate_not_consent")}</p></>}
      agree={t("home.connect_agree")} send={(said) => api("POST", `/mandates/${mandate.id}/connect`, said)}
    />
  );
}
