import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { useLoaded } from "../api/loaded";
import type { Edge, OwnCamera } from "../api/types";
import { Seated } from "../app/session";
import "./home.css";
import { TierMeans, TIERS } from "./tier-choice";

export function StartPage() {
  return <Seated roles={["owner"]}>{() => <Start />}</Seated>;
}

/** Taking part, as far as one likes: the three ways side by side, then what is left to do. Nothing is recommended. */
function Start() {
  const { t } = useTranslation();
  const edges = useLoaded<Edge[]>("/edges");
  const cameras = useLoaded<OwnCamera[]>("/cameras");
  const hasBox = edges.state === "ready" && edges.data.length > 0;
  const held = cameras.state === "ready" ? cameras.data : [];
  return (
    <main className="page wide" id="main">
      <p><Link to="/home">← {t("home.title")}</Link></p>
      <header className="stack tight">
        <h1>{t("home.join_title")}</h1>
        <p className="lead">{t("home.join_lead")}</p>
      </header>
      <section className="stack">
        <h2>{t("home.join_ways")}</h2>
        <div className="tiers">
          {TIERS.map((tier) => (
            <article key={tier} className="card tier still-card">
              <h3>{t(`home.tier_${tier}`)}</h3>
              <TierMeans tier={tier} />
            </article>
          ))}
        </div>
        <p className="small muted">{t("home.join_change")}</p>
      </section>
      <section className="stack">
        <h2>{t("home.join_steps")}</h2>
        <ol className="steps">
          <li className={`card step ${hasBox ? "done" : ""}`}>
            <strong>{t("home.join_box")}</strong>
            <Link className="btn small" to="/home/pair">{t("home.pair_link")}</Link>
            <p className="muted small">{t("home.join_box_text")}</p>
          </li>
          <li className={`card step ${held.length > 0 ? "done" : ""}`}>
            <strong>{t("home.join_camera")}</strong>
            <Link className="btn small" to="/home/add">{t("home.add")}</Link>
            <p className="muted small">{t("home.join_camera_text")} <Link to="/home/many">{t("home.many_title")}</Link></p>
          </li>
          <li className="card step">
            <strong>{t("home.join_terms")}</strong>
            {held.length > 0 && <Link className="btn small" to="/home/terms">{t("home.terms_link")}</Link>}
            <p className="muted small">{t("home.join_terms_text")}</p>
          </li>
        </ol>
        <p className="note small">{t("home.join_obliged")}</p>
      </section>
    </main>
  );
}
