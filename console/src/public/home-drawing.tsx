import { useTranslation } from "react-i18next";

const HOMES = Array.from({ length: 50 }, (_, at) => {
  const turn = at * 2.399963;
  const away = 12.1 * Math.sqrt(at + 0.5);
  return [110 + away * Math.cos(turn), 104 + away * Math.sin(turn)] as const;
});
const HEXAGON = "110,2 199,53 199,155 110,206 21,155 21,53";
const WHO = ["anyone", "police", "during", "after"] as const;

/** What can be seen of a home, drawn: fifty homes that look alike from outside, and who ever knows which one. */
export function HomeDrawing() {
  const { t } = useTranslation();
  return (
    <section className="stack" aria-labelledby="places-home">
      <h2 id="places-home">{t("places.home")}</h2>
      <div className="home-drawing card">
        <figure>
          <svg viewBox="0 0 220 208" role="img" aria-label={t("places.drawing")}>
            <polygon points={HEXAGON} className="drawn-area" />
            {HOMES.map(([x, y]) => <path key={`${String(x)} ${String(y)}`} className="drawn-home" d={`M${String(x - 4)} ${String(y + 4)}v-5l4-4 4 4v5z`} />)}
          </svg>
          <figcaption className="muted small">{t("places.drawing_text")}</figcaption>
        </figure>
        <dl className="who-sees">
          {WHO.map((who) => <div key={who}><dt>{t(`places.who_${who}`)}</dt><dd>{t(`places.sees_${who}`)}</dd></div>)}
        </dl>
      </div>
    </section>
  );
}
