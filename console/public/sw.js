/* Shows a notice that came by push: words for its kind only; who and why are fetched by the page after sign-in. */
const WORDS = {
  en: {
    "ask.opened": ["You are asked for a look", "Yes or no within five minutes. Without an answer nobody looks."],
    "look.started": ["Somebody is looking", "Tap to see who and why, and to stop it."],
    "look.ended": ["A look has ended", "Tap to see who looked, and the proof."],
    "mandate.recorded": ["An obligation was recorded", "It opens nothing by itself. Tap to read it."],
    "edge.doubled": ["Two boxes with one key", "If you did not copy your edge, somebody may have its key. Tap to see what to do."],
    "flag.raised": ["Many looks by one officer", "The auditor has been told too."],
    "post.alert": ["A neighbour warns", "Tap to read it."],
    "post.answered": ["Somebody answered", "Tap to read the answer."],
    "post.corrected": ["A post was corrected", "Tap to see what it says now."],
    "post.removed": ["Your post was removed", "Tap to see why, and to object."],
    "post.retracted": ["A post is gone", "It was taken back. Do not rely on it."],
    "appeal.decided": ["Your objection was decided", "Tap to see how and why."],
    "mask.asked": ["A neighbour asks for a mask", "You decide. Tap to see which way."],
    "alert.issued": ["Official alert", "Tap to see what to do."],
    "alert.updated": ["Official alert corrected", "Tap to see what holds now."],
    "alert.cancelled": ["Official alert taken back", "Tap to see why."],
  },
  fr: {
    "ask.opened": ["On vous demande un regard", "Oui ou non dans les cinq minutes. Sans réponse, personne ne regarde."],
    "look.started": ["Quelqu’un regarde", "Touchez pour voir qui et pourquoi, et pour l’arrêter."],
    "look.ended": ["Un regard est terminé", "Touchez pour voir qui a regardé, et la preuve."],
    "mandate.recorded": ["Une obligation a été inscrite", "Elle n’ouvre rien d’elle-même. Touchez pour la lire."],
    "edge.doubled": ["Deux boîtiers, une seule clé", "Si vous n’avez pas copié le vôtre, quelqu’un a peut-être sa clé. Touchez pour voir quoi faire."],
    "flag.raised": ["Beaucoup de regards d’un même agent", "L’auditeur en est aussi informé."],
    "post.alert": ["Un voisin prévient", "Touchez pour lire."],
    "post.answered": ["Quelqu’un a répondu", "Touchez pour lire la réponse."],
    "post.corrected": ["Un message a été corrigé", "Touchez pour voir ce qu’il dit maintenant."],
    "post.removed": ["Votre message a été retiré", "Touchez pour voir pourquoi, et pour vous y opposer."],
    "post.retracted": ["Un message n’est plus valable", "Il a été repris. Ne vous y fiez plus."],
    "appeal.decided": ["Votre recours a été tranché", "Touchez pour voir comment et pourquoi."],
    "mask.asked": ["Un voisin demande un masque", "Vous décidez. Touchez pour voir où."],
    "alert.issued": ["Alerte officielle", "Touchez pour voir quoi faire."],
    "alert.updated": ["Alerte officielle corrigée", "Touchez pour voir ce qui vaut maintenant."],
    "alert.cancelled": ["Alerte officielle levée", "Touchez pour voir pourquoi."],
  },
  es: {
    "ask.opened": ["Le piden una mirada", "Sí o no en cinco minutos. Sin respuesta, nadie mira."],
    "look.started": ["Alguien está mirando", "Toque para ver quién y por qué, y para pararlo."],
    "look.ended": ["Una mirada ha terminado", "Toque para ver quién miró, y la prueba."],
    "mandate.recorded": ["Se registró una obligación", "No abre nada por sí sola. Toque para leerla."],
    "edge.doubled": ["Dos equipos con una sola clave", "Si no copió el suyo, alguien puede tener su clave. Toque para ver qué hacer."],
    "flag.raised": ["Muchas miradas de un mismo agente", "El auditor también lo sabe."],
    "post.alert": ["Un vecino avisa", "Toque para leerlo."],
    "post.answered": ["Alguien respondió", "Toque para leer la respuesta."],
    "post.corrected": ["Una publicación fue corregida", "Toque para ver lo que dice ahora."],
    "post.removed": ["Su publicación fue retirada", "Toque para ver por qué y para recurrir."],
    "post.retracted": ["Una publicación ya no vale", "Fue retirada. No confíe en ella."],
    "appeal.decided": ["Su recurso fue resuelto", "Toque para ver cómo y por qué."],
    "mask.asked": ["Un vecino pide una máscara", "Usted decide. Toque para ver dónde."],
    "alert.issued": ["Alerta oficial", "Toque para ver qué hacer."],
    "alert.updated": ["Alerta oficial corregida", "Toque para ver lo que vale ahora."],
    "alert.cancelled": ["Alerta oficial retirada", "Toque para ver por qué."],
  },
};

function pageOf(said) {
  if (said.kind === "ask.opened") return `/home/asks/${encodeURIComponent(said.object)}`;
  if (said.kind === "mandate.recorded") return `/home/cameras/${encodeURIComponent(said.object)}`;
  const noun = String(said.kind).split(".")[0];
  if (noun === "post" || noun === "appeal") return `/neighbors/posts/${encodeURIComponent(said.object)}`;
  if (noun === "alert") return `/alerts/${encodeURIComponent(said.object)}`;
  if (noun === "mask") return "/neighbors/masks";
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
