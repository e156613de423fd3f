import { useQueryClient } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { api, type Problem } from "../api/client";
import { Show, useLoaded } from "../api/loaded";
import type { Post, PostComment, PostVersion, Session } from "../api/types";
import { dayAndTime } from "../app/format";
import { agencyOf, rolesOf, Seated, SPEAKERS } from "../app/session";
import { Button } from "../design/button";
import { Failure } from "../design/failure";
import { TwoTaps } from "../design/two-taps";
import { Correct } from "./correct";
import "./neighbors.css";
import { PostHead, Pictures } from "./parts";
import { Removal } from "./removal";
import { Report } from "./report";

export function PostPage() {
  return <Seated roles={["owner", "moderator", ...SPEAKERS]}>{(session) => <One session={session} />}</Seated>;
}

function One({ session }: { session: Session }) {
  const { t } = useTranslation();
  const { post: id } = useParams({ strict: false });
  const post = useLoaded<Post>(`/neighbors/posts/${id}`, { refetchInterval: 30_000 });
  const isResident = rolesOf(session).includes("owner");
  return (
    <main className="page" id="main">
      <p><Link to={isResident ? "/neighbors" : "/desk"}>← {t("neighbors.back_feed")}</Link></p>
      <h1 className="vh">{t("neighbors.see_post")}</h1>
      <Show of={post} lines={5}>
        {(data) => (
          <>
            <article className="card post">
              <PostHead post={data} />
              <p className="said" dir="auto">{data.text}</p>
              <Pictures pictures={data.pictures} />
              <Earlier post={data} />
              <Acts post={data} isResident={isResident} />
            </article>
            {data.state === "removed" && <Removal subject={data.id} />}
            <Answers post={data} session={session} />
          </>
        )}
      </Show>
    </main>
  );
}

/** What it said before it was corrected. */
function Earlier({ post }: { post: Post }) {
  const { t, i18n } = useTranslation();
  const versions = useLoaded<PostVersion[]>(`/neighbors/posts/${post.id}/versions`, { enabled: post.version > 1 });
  if (post.version === 1 || versions.state !== "ready") return null;
  return (
    <details>
      <summary>{t("neighbors.earlier")}</summary>
      <ul className="stack tight in-details">
        {versions.data.map((one) => (
          <li key={one.version}><s className="said" dir="auto">{one.text}</s><br />
            <span className="muted small">{t("neighbors.earlier_until", { when: dayAndTime(one.until, i18n.language) })}</span></li>
        ))}
      </ul>
    </details>
  );
}

function Acts({ post, isResident }: { post: Post; isResident: boolean }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [open, setOpen] = useState<"correct" | "report">();
  async function thank() {
    await api(post.is_thanked ? "DELETE" : "PUT", `/neighbors/posts/${post.id}/thanks`);
    await client.invalidateQueries({ queryKey: ["neighbors"] });
  }
  if (post.state !== "shown") return null;
  return (
    <>
      <div className="post-foot">
        {isResident && !post.is_mine && <Button size="small" aria-pressed={post.is_thanked} onClick={() => void thank()}>{t("neighbors.thank")}</Button>}
        {post.thanks > 0 && <span className="muted">{t("neighbors.thanks", { count: post.thanks })}</span>}
        {post.is_mine && <Button size="small" onClick={() => setOpen(open ? undefined : "correct")}>{t("neighbors.correct")}</Button>}
        {post.is_mine && <TwoTaps ask={t("neighbors.withdraw")} sure={t("neighbors.withdraw_sure")} act={() => api("DELETE", `/neighbors/posts/${post.id}`)} />}
        {!post.is_mine && <Button size="small" look="quiet" onClick={() => setOpen(open ? undefined : "report")}>{t("neighbors.report")}</Button>}
      </div>
      {open === "correct" && <Correct post={post} onDone={() => setOpen(undefined)} />}
      {open === "report" && <Report path={`/neighbors/posts/${post.id}/report`} />}
    </>
  );
}

function Answers({ post, session }: { post: Post; session: Session }) {
  const { t } = useTranslation();
  const comments = useLoaded<PostComment[]>(`/neighbors/posts/${post.id}/comments`, { refetchInterval: 30_000 });
  const role = SPEAKERS.find((one) => agencyOf(session, one));
  return (
    <section className="stack">
      <h2>{t("neighbors.answers_title")}</h2>
      <Show of={comments} lines={3}>
        {(data) => data.length === 0 ? <p className="muted">{t("neighbors.answers_none")}</p> : (
          <ul className="stack tight">{data.map((one) => <li key={one.id}><Answer comment={one} /></li>)}</ul>
        )}
      </Show>
      {post.state === "shown" && <Write post={post} agency={role ? agencyOf(session, role) : ""} />}
    </section>
  );
}

function Answer({ comment }: { comment: PostComment }) {
  const { t, i18n } = useTranslation();
  const [isOpen, setOpen] = useState(false);
  return (
    <div className="card post">
      <p className="post-head">
        {comment.agency ? <span className="chip accent">{comment.agency}</span> : <span>{comment.author}{comment.is_mine && ` (${t("neighbors.by_you")})`}</span>}
        <time dateTime={comment.made_at}>{dayAndTime(comment.made_at, i18n.language)}</time>
      </p>
      {comment.state === "shown"
        ? <p className="said" dir="auto">{comment.text}</p>
        : <p className="muted">{t(comment.state === "removed" ? "neighbors.removed" : "neighbors.withdrawn")}</p>}
      {comment.state === "removed" && comment.is_mine && <Removal subject={comment.id} />}
      {comment.state === "shown" && (
        <div className="post-foot">
          {comment.is_mine
            ? <TwoTaps ask={t("neighbors.withdraw")} sure={t("neighbors.withdraw_sure")} act={() => api("DELETE", `/neighbors/comments/${comment.id}`)} />
            : <Button size="small" look="quiet" onClick={() => setOpen(!isOpen)}>{t("neighbors.report")}</Button>}
        </div>
      )}
      {isOpen && <Report path={`/neighbors/comments/${comment.id}/report`} />}
    </div>
  );
}

/** An answer, of a neighbour or in the name of an agency. */
function Write({ post, agency }: { post: Post; agency: string }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  async function send(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = event.currentTarget;
    const text = String(new FormData(form).get("answer"));
    setBusy(true);
    const done = agency
      ? await api("POST", `/neighbors/posts/${post.id}/answers`, { agency, text })
      : await api("POST", `/neighbors/posts/${post.id}/comments`, { text });
    setBusy(false);
    setProblem(done.ok ? undefined : done.problem);
    if (!done.ok) return;
    form.reset();
    await client.invalidateQueries({ queryKey: ["neighbors"] });
  }
  return (
    <form className="card stack tight" onSubmit={(event) => void send(event)}>
      <div className="field">
        <label htmlFor="n-answer">{t("neighbors.answer")}</label>
        <textarea className="input" id="n-answer" name="answer" rows={3} required maxLength={1_000} dir="auto" />
        {agency && <p className="hint">{t("neighbors.agency_hint")}</p>}
      </div>
      <div><Button type="submit" look="primary" busy={busy}>{t("neighbors.answer_do")}</Button></div>
      {problem && <Failure problem={problem} />}
    </form>
  );
}
