import { useTranslation } from "react-i18next";
import { useLoaded } from "../api/loaded";
import type { Programme, Terms } from "../api/types";

export const TIERS = ["registry", "request", "live"] as const;

interface Props { programme: string; terms: Terms; onChange: (terms: Terms) => void }

/** How far a camera takes part, side by side; each holds what the ones before it hold. Only what the programme may do. */
export function TierChoice({ programme, terms, onChange }: Props) {
  const { t } = useTranslation();
  const page = useLoaded<Programme>(`/programmes/${programme}`, { staleTime: 300_000 });
  const offered = page.state === "ready" ? TIERS.filter((tier) => page.data.tiers.includes(tier)) : [];
  if (offered.length < 2) return null;
  return (
    <fieldset className="field">
      <legend>{t("home.tier")}</legend>
      <div className="tiers">
        {offered.map((tier) => (
          <label key={tier} className="tier card">
            <span className="row">
              <input type="radio" name="tier" aria-labelledby={`tier-${tier}`} aria-describedby={`tier-${tier}-means`}
                checked={terms.tier === tier} onChange={() => onChange({ ...terms, tier })} />
              <strong id={`tier-${tier}`}>{t(`home.tier_${tier}`)}</strong>
            </span>
            <span id={`tier-${tier}-means`}><TierMeans tier={tier} /></span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

/** The same four questions of each, so that they can be compared. */
export function TierMeans({ tier }: { tier: (typeof TIERS)[number] }) {
  const { t } = useTranslation();
  return (
    <span className="tier-means">
      {(["look", "ask", "place", "need"] as const).map((question) => (
        <span key={question}>
          <span className="muted small">{t(`home.tier_q_${question}`)}</span>
          <span>{t(`home.tier_${tier}_${question}`)}</span>
        </span>
      ))}
    </span>
  );
}
