import { useTranslation } from "react-i18next";
import { Show, useLoaded } from "../api/loaded";
import type { Policy, PolicyRule } from "../api/types";
import { dayAndTime } from "../app/format";
import "./public.css";

/** The rules in force in plain words, made from the policy itself; the machine's text stands below. */
export function PolicyPage() {
  const { t, i18n } = useTranslation();
  const policy = useLoaded<Policy>("/policy");
  return (
    <main className="page" id="main">
      <header className="stack tight">
        <h1>{t("open.policy_title")}</h1>
        <p className="lead">{t("open.policy_lead")}</p>
      </header>
      <Show of={policy} lines={12}>
        {(data) => (
          <>
            <dl className="facts card">
              <dt>{t("open.since")}</dt><dd>{dayAndTime(data.effective_at, i18n.language)}</dd>
              <dt>{t("open.hash")}</dt><dd className="mono">{data.sha256}</dd>
              {data.next_effective_at && (
                <><dt>{t("open.next")}</dt><dd>{dayAndTime(data.next_effective_at, i18n.language)}</dd></>
              )}
            </dl>
            <Rules rules={data.rules} />
            <details className="card">
              <summary>{t("open.cedar")}</summary>
              <pre className="mono cedar">{data.cedar}</pre>
            </details>
          </>
        )}
      </Show>
    </main>
  );
}

const PARTS = ["permit", "asker", "ask", "programme", "incident", "camera", "grant", "system"] as const;

function partOf(rule: PolicyRule): (typeof PARTS)[number] {
  const room = rule.id.split(".")[0];
  const named = PARTS.find((part) => part === rule.scope) ?? PARTS.find((part) => part === room);
  if (rule.scope === "permit" || rule.kind === "permit" || rule.id.startsWith("look.") || rule.id.startsWith("renew.")) return "permit";
  if (room === "extend") return rule.id === "extend" ? "permit" : "grant";
  return named ?? "system";
}

function Rules({ rules }: { rules: PolicyRule[] }) {
  const { t, i18n } = useTranslation();
  const parts = PARTS.map((part) => [part, rules.filter((rule) => partOf(rule) === part)] as const);
  return parts.filter(([, found]) => found.length > 0).map(([part, found]) => (
    <section key={part} className="stack">
      <h2>{t(`open.part_${part}`)}</h2>
      <ol className="rule-list">
        {found.map((rule) => (
          <li key={rule.id}>
            <p>{rule.texts[i18n.language] ?? rule.text}</p>
            <p className="mono muted">{rule.id}</p>
          </li>
        ))}
      </ol>
    </section>
  ));
}
