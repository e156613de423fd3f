import { useTranslation } from "react-i18next";
import type { VideoRequest } from "../api/types";
import { codeText } from "../app/codes";

/** Bands of five, once they are published; until then what will be. */
export function RequestFigures({ request }: { request: Pick<VideoRequest, "figures"> }) {
  const { t } = useTranslation();
  if (!request.figures) return <p className="small muted">{t("requests.figures_later")}</p>;
  const band = (code: string) => codeText(t, "figure_band", code);
  const { asked, answered, used } = request.figures;
  return <p className="small">{t("requests.figures", { asked: band(asked), answered: band(answered), used: band(used) })}</p>;
}
