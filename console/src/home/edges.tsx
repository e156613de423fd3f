import { Link } from "@tanstack/react-router";
import type { TFunction } from "i18next";
import { useTranslation } from "react-i18next";
import { useLoaded } from "../api/loaded";
import type { Edge } from "../api/types";
import { ago, useNow } from "../app/format";
import { Remove } from "./remove";

/** What its owner calls it; boxes without a name are counted when there are several. */
export function edgeName(t: TFunction, edge: Edge, edges: Edge[]): string {
  if (edge.name) return edge.name;
  return edges.length > 1 ? `${t("home.edge")} ${edges.indexOf(edge) + 1}` : t("home.edge");
}

/** The paired edges, and for each the way to shut it out. */
export function Edges() {
  const { t, i18n } = useTranslation();
  const edges = useLoaded<Edge[]>("/edges", { refetchInterval: 5_000 });
  const now = useNow(5_000);
  if (edges.state !== "ready" || edges.data.length === 0) return null;
  return (
    <section className="stack tight">
      <h2>{t("home.edges")}</h2>
      <ul className="stack tight">
        {edges.data.map((edge) => {
          const name = edgeName(t, edge, edges.data);
          return (
            <li key={edge.id} className="card stack tight">
              <div className="row between">
                <strong>{name}</strong>
                <span className="muted small">{edge.seen_at ? ago(edge.seen_at, now, i18n.language) : t("home.edge_unseen")}</span>
              </div>
              {edge.doubled_at && (
                <p className="note bad">{t("home.doubled", { edge: name })} {t("home.doubled_text")}</p>
              )}
              <Remove path={`/edges/${edge.id}`} words={t("home.edge_remove")} label={t("home.edge_remove_of", { edge: name })}
                text={t("home.edge_remove_text")} />
            </li>
          );
        })}
      </ul>
    </section>
  );
}

/** On the first page of a home: somebody else may hold the key of one of its edges. */
export function Doubled() {
  const { t } = useTranslation();
  const edges = useLoaded<Edge[]>("/edges");
  const all = edges.state === "ready" ? edges.data : [];
  const doubled = all.filter((edge) => edge.doubled_at);
  return (
    <div aria-live="polite" className="stack tight">
      {doubled.map((edge) => (
        <p key={edge.id} className="note bad">
          {t("home.doubled", { edge: edgeName(t, edge, all) })} <Link to="/home/pair">{t("home.doubled_link")}</Link>
        </p>
      ))}
    </div>
  );
}
