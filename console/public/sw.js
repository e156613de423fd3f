/* Shows a notice that came by push: words for its kind only; who and why are fetched by the page after sign-in. */
const WORDS = {
  en: {
    "ask.opened": ["You are asked for a look", "Yes or no within five minutes. Without an answer nobody looks."],
    "look.started": ["Somebody is looking", "Tap to see who and why, and to stop it."],
    "look.ended": ["A look has ended", "Tap to see who looked, and the proof."],
    "mandate.recorded": ["An obligation was recorded", "It opens nothing by itself. Tap to read it."],
    "edge.doubled": ["Two boxes with one key", "If you did not copy your edge, somebody may have its key. Tap to see what to do."],
    "flag.raised": ["Many looks by one officer", "The auditor has been told too."],
  },
  fr: {
    "ask.opened": ["On vous demande un regard", "Oui ou non dans les cinq minutes. Sans réponse, personne ne regarde."],
    "look.started": ["Quelqu’un regarde", "Touchez pour voir qui et pourquoi, et pour l’arrêter."],
    "look.ended": ["Un regard est terminé", "Touchez pour voir qui a regardé, et la preuve."],
    "mandate.recorded": ["Une obligation a été inscrite", "Elle n’ouvre rien d’elle-même. Touchez pour la lire."],
    "edge.doubled": ["Deux boîtiers, une seule clé", "Si vous n’avez pas copié le vôtre, quelqu’un a peut-être sa clé. Touchez pour voir quoi faire."],
    "flag.raised": ["Beaucoup de regards d’un même agent", "L’auditeur en est aussi informé."],
  },
  es: {
    "ask.opened": ["Le piden una mirada", "Sí o no en cinco minutos. Sin respuesta, nadie mira."],
    "look.started": ["Alguien está mirando", "Toque para ver quién y por qué, y para pararlo."],
    "look.ended": ["Una mirada ha terminado", "Toque para ver quién miró, y la prueba."],
    "mandate.recorded": ["Se registró una obligación", "No abre nada por sí sola. Toque para leerla."],
    "edge.doubled": ["Dos equipos con una sola clave", "Si no copió el suyo, alguien puede tener su clave. Toque para ver qué hacer."],
    "flag.raised": ["Muchas miradas de un mismo agente", "El auditor también lo sabe."],
  },
};

function pageOf(said) {
  if (said.kind === "ask.opened") return `/home/asks/${encodeURIComponent(said.object)}`;
  if (said.kind === "mandate.recorded") return `/home/cameras/${encodeURIComponent(said.object)}`;
  return said.kind === "edge.doubled" ? "/home/pair" : "/home";
}

self.addEventListener("push", (event) => {
  const said = event.data?.json() ?? {};
  const [title, body] = (WORDS[said.language] ?? WORDS.en)[said.kind] ?? ["Consentry", ""];
  const page = pageOf(said);
  // One notice per thing: the end of a look takes the place of its beginning.
  const tag = `${String(said.kind).split(".")[0]}:${said.object}`;
  const shown = { body, tag, renotify: true, icon: "/icon.svg", lang: said.language, data: { page } };
  event.waitUntil(self.registration.showNotification(title, shown));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const { page } = event.notification.data;
  event.waitUntil((async () => {
    const windows = await self.clients.matchAll({ type: "window" });
    const open = windows.find((window) => "navigate" in window);
    if (open) return (await open.navigate(page))?.focus() ?? open.focus();
    return self.clients.openWindow(page);
  })());
});
