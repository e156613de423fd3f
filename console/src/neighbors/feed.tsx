import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../api/client";
import { Show, useLoaded } from "../api/loaded";
import type { Alert, Neighbor, Post, PostCategory, Posts } from "../api/types";
import { codeText } from "../app/codes";
import { Seated } from "../app/session";
import { Button } from "../design/button";
import { Empty } from "../design/empty";
import { AlertCard } from "./alerts";
import { Join } from "./join";
import { Looks } from "./looks";
import "./neighbors.css";
import { CATEGORIES, PostCard } from "./parts";

export function FeedPage() {
  return <Seated roles={["owner"]}>{() => <Neighborhood />}</Seated>;
}

/** Official alerts first, then what neighbours post, newest first; before joining, the question where one lives. */
function Neighborhood() {
  const { t } = useTranslation();
  const me = useLoaded<Neighbor>("/neighbors/me");
  return (
    <main className="page" id="main">
      <Show of={me} lines={6}>
        {(data) => data.joined ? <Joined me={data} /> : (
          <>
            <header className="stack tight"><h1>{t("neighbors.join_title")}</h1><p className="lead">{t("neighbors.area_lead")}</p></header>
            <Join me={data} />
          </>
        )}
      </Show>
    </main>
  );
}

function Joined({ me }: { me: Neighbor }) {
  const { t } = useTranslation();
  return (
    <>
      <header className="row between">
        <h1>{t("neighbors.title")}</h1>
        <Link to="/neighbors/write" className="btn primary">{t("neighbors.write")}</Link>
      </header>
      <Official me={me} />
      <Feed />
      <Looks cell={me.cell} />
      <nav className="links" aria-label={t("neighbors.title")}>
        <Link to="/neighbors/mine">{t("neighbors.mine")}</Link>
        <Link to="/neighbors/area">{t("neighbors.change_area")}</Link>
        <Link to="/neighbors/masks">{t("neighbors.ask_mask")}</Link>
        <Link to="/neighbors/guidelines">{t("neighbors.guidelines")}</Link>
      </nav>
    </>
  );
}

/** Official alerts that touch the followed area. */
function Official({ me }: { me: Neighbor }) {
  const alerts = useLoaded<Alert[]>("/alerts", { refetchInterval: 60_000 });
  if (alerts.state !== "ready") return null;
  const near = alerts.data.filter((alert) => alert.cells.includes(me.cell) || alert.cells.some((cell) => me.pieces.includes(cell)));
  if (near.length === 0) return null;
  return <ul className="stack" aria-live="polite">{near.map((alert) => <li key={alert.id}><AlertCard alert={alert} /></li>)}</ul>;
}

function Feed() {
  const { t } = useTranslation();
  const [category, setCategory] = useState<PostCategory>();
  const query = category ? `?category=${category}` : "";
  const feed = useLoaded<Posts>(`/neighbors/feed${query}`, { refetchInterval: 30_000, keep: true });
  return (
    <section className="stack" aria-label={t("neighbors.title")}>
      <div className="filters" role="group" aria-label={t("neighbors.category")}>
        <Button size="small" aria-pressed={!category} onClick={() => setCategory(undefined)}>{t("neighbors.category_all")}</Button>
        {CATEGORIES.map((one) => (
          <Button key={one} size="small" aria-pressed={category === one} onClick={() => setCategory(one)}>{codeText(t, "post_category", one)}</Button>
        ))}
      </div>
      <Show of={feed} lines={6}>
        {(data) => data.posts.length === 0
          ? <Empty title={t("neighbors.none")}><p>{t("neighbors.none_text")}</p></Empty>
          : <Pages key={category ?? ""} first={data} category={category} />}
      </Show>
    </section>
  );
}

/** The newest page, which refreshes itself, and the older ones that were asked for. */
function Pages({ first, category }: { first: Posts; category: PostCategory | undefined }) {
  const { t } = useTranslation();
  const [older, setOlder] = useState<Post[]>([]);
  const [next, setNext] = useState<number | null>();
  const before = next === undefined ? first.next_before : next;
  async function more() {
    const found = await api<Posts>("GET", `/neighbors/feed?before=${before}${category ? `&category=${category}` : ""}`);
    if (!found.ok) return;
    setOlder([...older, ...found.data.posts]);
    setNext(found.data.next_before);
  }
  const shown = [...first.posts, ...older.filter((post) => !first.posts.some((one) => one.id === post.id))];
  return (
    <>
      <ul className="stack">{shown.map((post) => <li key={post.id}><PostCard post={post} /></li>)}</ul>
      {before !== null && <Button onClick={() => void more()}>{t("neighbors.more")}</Button>}
    </>
  );
}
