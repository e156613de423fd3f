import { useTranslation } from "react-i18next";
import type { Band } from "../api/types";
import { codeText } from "../app/codes";
import type { Moving } from "../map/moving";
import { MovingList } from "./moving";

const BANDS: readonly Band[] = ["under_5", "5_to_9", "10_or_more"];

/** What the colours mean. Private cameras are only ever these bands. */
export function Legend({ moving }: { moving: readonly Moving[] }) {
  const { t } = useTranslation();
  return (
    <details className="legend" open={matchMedia("(min-width: 900px)").matches}>
      <summary>{t("analyst.legend")}</summary>
      <ul>
        <li><i className="key call-key" />{t("analyst.legend_call")}</li>
        <li><i className="key camera-key" />{t("analyst.legend_camera")}</li>
      </ul>
      <MovingList moving={moving} />
      <p>{t("analyst.legend_private")}</p>
      <ul>
        {BANDS.map((band) => <li key={band}><i className={`key band ${band}`} />{codeText(t, "band", band)}</li>)}
      </ul>
    </details>
  );
}
