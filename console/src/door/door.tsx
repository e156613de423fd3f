import { useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { DemoDoors } from "./demo";
import "./door.css";
import { SignIn } from "./signin";

/** What this is, in three sentences, and the ways in. */
export function Door() {
  const { t } = useTranslation();
  const client = useQueryClient();
  return (
    <main className="door" id="main">
      <section className="door-say">
        <h1>{t("door.title")}</h1>
        <p className="lead">{t("door.lead")}</p>
        <ol className="door-promises">
          <li>{t("door.promise_gate")}</li>
          <li>{t("door.promise_log")}</li>
          <li>{t("door.promise_stop")}</li>
        </ol>
        <p className="row">
          <Link to="/public" className="btn">{t("door.see_log")}</Link>
          <Link to="/public/policy" className="btn quiet">{t("door.see_policy")}</Link>
        </p>
      </section>
      <section className="door-ways stack">
        <DemoDoors />
        <SignIn onDone={() => void client.invalidateQueries()} />
      </section>
    </main>
  );
}
