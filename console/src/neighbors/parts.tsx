import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { Post } from "../api/types";
import { codeText } from "../app/codes";
import { ago, useNow } from "../app/format";

export const CATEGORIES = ["crime", "safety", "hazard", "lost_and_found", "good_news"] as const;
export const REASONS = ["false_alarm", "hate", "privacy", "profiling", "threat", "advertising", "repeated", "unrelated"] as const;

/** What it is about, who wrote it under which name, and when. */
export function PostHead({ post }: { post: Post }) {
  const { t, i18n } = useTranslation();
  const now = useNow(30_000);
  return (
    <p className="post-head">
      <span className={`chip ${post.is_urgent ? "live" : "accent"}`}>{codeText(t, "post_category", post.category)}</span>
      {post.is_urgent && <span className="chip live">{t("neighbors.urgent")}</span>}
      {post.state === "removed" && <span className="chip warn">{t("neighbors.removed")}</span>}
      {post.state === "withdrawn" && <span className="chip">{t("neighbors.withdrawn")}</span>}
      {post.corrected_at && post.state === "shown" && <span className="chip warn">{t("neighbors.corrected")}</span>}
      <span>{post.is_mine ? `${post.author} (${t("neighbors.by_you")})` : post.author}</span>
      <time dateTime={post.made_at}>{ago(post.made_at, now, i18n.language)}</time>
    </p>
  );
}

/** The pictures of a post, as they were made anew. */
export function Pictures({ pictures }: { pictures: readonly Pick<Post["pictures"][number], "id" | "kind">[] }) {
  const { t } = useTranslation();
  return pictures.map((picture) => {
    const source = `/api/neighbors/pictures/${picture.id}/file`;
    return picture.kind === "video"
      ? <video key={picture.id} className="post-picture" src={source} controls muted playsInline preload="metadata" aria-label={t("neighbors.picture_alt")} />
      : <img key={picture.id} className="post-picture" src={source} alt={t("neighbors.picture_alt")} loading="lazy" />;
  });
}

/** One post in a list. */
export function PostCard({ post }: { post: Post }) {
  const { t } = useTranslation();
  return (
    <article className="card post">
      <PostHead post={post} />
      <p className="said" dir="auto">{post.text}</p>
      <Pictures pictures={post.pictures} />
      <p className="post-foot">
        <Link to="/neighbors/posts/$post" params={{ post: post.id }}>
          {post.comments > 0 ? t("neighbors.answers", { count: post.comments }) : t("neighbors.see_post")}
        </Link>
        {post.thanks > 0 && <span className="muted">{t("neighbors.thanks", { count: post.thanks })}</span>}
      </p>
    </article>
  );
}
