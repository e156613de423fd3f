import { Link } from "@tanstack/react-router";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, type Problem } from "../api/client";
import { Show, useLoaded } from "../api/loaded";
import type { Consent, Consents, Home } from "../api/types";
import { Seated } from "../app/session";
import { Button } from "../design/button";
import { Empty } from "../design/empty";
import { Failure } from "../design/failure";
import "./home.css";
import { consentsPath } from "./paths";

export function WithdrawPage() {
  return <Seated roles={["owner"]}>{() => <All />}</Seated>;
}

/** The first tap led here from any page; the second one, here, withdraws. */
function All() {
  const { t } = useTranslation();
  const home = useLoaded<Home>("/home");
  return (
    <main className="page" id="main">
      <p><Link to="/home">← {t("home.title")}</Link></p>
      <h1>{t("home.withdraw_all")}</h1>
      <p className="muted">{t("home.withdraw_text")}</p>
      <Show of={home} lines={4}>
        {({ cameras }) => cameras.length === 0
          ? <Empty title={t("home.no_cameras")} />
          : <ul className="stack">{cameras.map((camera) => <Given key={camera.id} camera={camera.id} name={camera.name} />)}</ul>}
      </Show>
    </main>
  );
}

function Given({ camera, name }: { camera: string; name: string }) {
  const { t } = useTranslation();
  const consents = useLoaded<Consents>(consentsPath(camera));
  return (
    <li className="card stack tight">
      <h2>{name}</h2>
      <Show of={consents} lines={1}>
        {({ consents: items, drafts }) => {
          const given = items.filter((item) => item.state === "given");
          if (given.length === 0) return <p className="muted">{t("home.withdraw_none")}</p>;
          return given.map((item) => (
            <One key={item.id} consent={item} name={name} programme={drafts.find((draft) => draft.programme === item.programme)?.programme_name ?? ""} />
          ));
        }}
      </Show>
    </li>
  );
}

function One({ consent, name, programme }: { consent: Consent; name: string; programme: string }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();

  async function withdraw() {
    setBusy(true);
    const done = await api("POST", `/consents/${consent.id}/withdraw`);
    setBusy(false);
    setProblem(done.ok ? undefined : done.problem);
    if (done.ok) await client.invalidateQueries();
  }

  return (
    <div className="stack tight">
      {programme && <p>{programme}</p>}
      <div><Button look="live" busy={busy} onClick={() => void withdraw()} aria-label={t("home.withdraw_of", { camera: name })}>{t("home.withdraw_now")}</Button></div>
      {problem && <Failure problem={problem} />}
    </div>
  );
}
