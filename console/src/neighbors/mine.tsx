import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { Show, useLoaded } from "../api/loaded";
import type { Post } from "../api/types";
import { Seated } from "../app/session";
import { Empty } from "../design/empty";
import "./neighbors.css";
import { PostCard } from "./parts";

export function MinePage() {
  return <Seated roles={["owner"]}>{() => <Mine />}</Seated>;
}

/** One's own posts, also those that nobody else sees any more. */
function Mine() {
  const { t } = useTranslation();
  const posts = useLoaded<Post[]>("/neighbors/mine");
  return (
    <main className="page" id="main">
      <p><Link to="/neighbors">← {t("neighbors.back_feed")}</Link></p>
      <h1>{t("neighbors.mine")}</h1>
      <Show of={posts} lines={5}>
        {(data) => data.length === 0 ? <Empty title={t("neighbors.mine_none")} /> : (
          <ul className="stack">{data.map((post) => <li key={post.id}><PostCard post={post} /></li>)}</ul>
        )}
      </Show>
    </main>
  );
}
