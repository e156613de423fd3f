"""The words of the owner's pages at home in English, French and Spanish. The English text is the key.

A sentence that is not here (a note with a number in it, a rare fault) stays English: better than not being told.
"""

from dataclasses import dataclass

from aiohttp import web

LANGUAGES = ("en", "fr", "es")

# English: (French, Spanish); sorted by the English.
SAID: dict[str, tuple[str, str]] = {
    "A car before the house": ("Une voiture devant la maison", "Un coche delante de la casa"),
    "A clip is at most 30 minutes long.": (
        "Un extrait dure 30 minutes au plus.",
        "Un clip dura 30 minutos como máximo.",
    ),
    "A person before the house": ("Une personne devant la maison", "Una persona delante de la casa"),
    "A person far off": ("Une personne au loin", "Una persona a lo lejos"),
    "A square to read with a phone": ("Un carré à lire avec un téléphone", "Un cuadro para leer con un teléfono"),
    "A time looks like 14:03:05.": ("Une heure s’écrit 14:03:05.", "Una hora se escribe 14:03:05."),
    "Allow again": ("Autoriser à nouveau", "Permitir de nuevo"),
    "Back": ("Retour", "Volver"),
    "Begin at": ("Commencer à", "Empezar a las"),
    "Camera": ("Caméra", "Cámara"),
    "Cameras": ("Caméras", "Cámaras"),
    "Choose one of the list.": ("Choisissez dans la liste.", "Elija uno de la lista."),
    "Clip": ("Extrait", "Clip"),
    "Clips": ("Extraits", "Clips"),
    "Code": ("Code", "Código"),
    "Consentry at home": ("Consentry à la maison", "Consentry en casa"),
    "Delete": ("Supprimer", "Borrar"),
    "Delete a time": ("Supprimer une période", "Borrar un tiempo"),
    "Delete this clip": ("Supprimer cet extrait", "Borrar este clip"),
    "Do not record it": ("Ne pas l’enregistrer", "No grabarla"),
    "Do not record this camera": ("Ne pas enregistrer cette caméra", "No grabar esta cámara"),
    "Enter": ("Entrer", "Entrar"),
    "From": ("De", "Desde"),
    "Holes": ("Interruptions", "Huecos"),
    "It cannot be brought back.": ("C’est définitif.", "No se puede recuperar."),
    "It opens your page, where you tap once. It is good for ten minutes.": (
        "Il ouvre votre page, où un seul geste suffit. Il vaut dix minutes.",
        "Abre su página, donde basta un toque. Vale diez minutos.",
    ),
    "Keep as a clip": ("Garder comme extrait", "Guardar como clip"),
    "Leave on this browser": ("Quitter sur ce navigateur", "Salir en este navegador"),
    "Length": ("Durée", "Duración"),
    "No camera is read here.": ("Aucune caméra n’est lue ici.", "Aquí no se lee ninguna cámara."),
    "No gateway is connected.": ("Aucune passerelle n’est connectée.", "No hay ninguna pasarela conectada."),
    "Nobody has this yet. Keep it as a clip, and this box signs it; it is sent to nobody.": (
        "Personne n’a encore ceci. Gardez-le comme extrait et ce boîtier le signe ; il n’est envoyé à personne.",
        "Nadie tiene esto todavía. Guárdelo como clip y este equipo lo firma; no se envía a nadie.",
    ),
    "Nobody read the square. Show a new one.": (
        "Personne n’a lu le carré. Affichez-en un nouveau.",
        "Nadie leyó el cuadro. Muestre uno nuevo.",
    ),
    "Nothing is recorded.": ("Rien n’est enregistré.", "No hay nada grabado."),
    "Off": ("Désactivé", "Apagado"),
    "Only you are told. What moves behind your mask does not count.": (
        "Vous seul êtes prévenu. Ce qui bouge derrière votre masque ne compte pas.",
        "Solo se le avisa a usted. Lo que se mueve tras su máscara no cuenta.",
    ),
    "Or type the code from your page": ("Ou tapez le code de votre page", "O escriba el código de su página"),
    "Pair": ("Associer", "Vincular"),
    "Pair by your phone": ("Associer par votre téléphone", "Vincular con su teléfono"),
    "Pair this box first.": ("Associez d’abord ce boîtier.", "Vincule primero este equipo."),
    "Picture": ("Image", "Imagen"),
    "Preview": ("Aperçu", "Vista previa"),
    "Read this square with your phone’s camera": (
        "Lisez ce carré avec l’appareil photo de votre téléphone",
        "Lea este cuadro con la cámara de su teléfono",
    ),
    "Record it again": ("L’enregistrer à nouveau", "Grabarla de nuevo"),
    "Recordings": ("Enregistrements", "Grabaciones"),
    "Recordings are yours alone. Type 'consentry edge code' on the box; it shows a code for ten minutes.": (
        "Ces enregistrements sont à vous. Tapez « consentry edge code » sur le boîtier ; son code vaut dix minutes.",
        "Sus grabaciones son solo suyas. Escriba «consentry edge code» en el equipo; su código vale diez minutos.",
    ),
    "Save": ("Enregistrer", "Guardar"),
    "Save its signature": ("Enregistrer sa signature", "Guardar su firma"),
    "Save the clip": ("Enregistrer l’extrait", "Guardar el clip"),
    "Server": ("Serveur", "Servidor"),
    "Show": ("Voir", "Ver"),
    "Show the square": ("Afficher le carré", "Mostrar el cuadro"),
    "Size": ("Taille", "Tamaño"),
    "Some pictures were not recorded: the disk is too slow.": (
        "Des images n’ont pas été enregistrées : le disque est trop lent.",
        "Algunas imágenes no se grabaron: el disco es demasiado lento.",
    ),
    "Stop": ("Arrêter", "Parar"),
    "Stopped: nobody can look.": ("Arrêté : personne ne peut regarder.", "Parado: nadie puede mirar."),
    "Tell me of motion": ("Me signaler les mouvements", "Avisarme del movimiento"),
    "The end is after the start.": ("La fin vient après le début.", "El final viene después del inicio."),
    "The recording does not work: its folder cannot be written.": (
        "L’enregistrement ne fonctionne pas : son dossier n’est pas accessible en écriture.",
        "La grabación no funciona: no se puede escribir en su carpeta.",
    ),
    "The recording pauses: the disk is full.": (
        "L’enregistrement est en pause : le disque est plein.",
        "La grabación está en pausa: el disco está lleno.",
    ),
    "The start is not in this hour.": ("Le début n’est pas dans cette heure.", "El inicio no está en esta hora."),
    "There is no code now. Type 'consentry edge code' on the box.": (
        "Il n’y a pas de code. Tapez « consentry edge code » sur le boîtier.",
        "Ahora no hay código. Escriba «consentry edge code» en el equipo.",
    ),
    "There is no such camera.": ("Cette caméra n’existe pas.", "No existe esa cámara."),
    "There is no such hour.": ("Cette heure n’existe pas.", "No existe esa hora."),
    "This box shows a square, and your phone reads it.": (
        "Ce boîtier affiche un carré, et votre téléphone le lit.",
        "Este equipo muestra un cuadro, y su teléfono lo lee.",
    ),
    "This camera is not recorded.": ("Cette caméra n’est pas enregistrée.", "Esta cámara no se graba."),
    "This is not the code.": ("Ce n’est pas le code.", "Ese no es el código."),
    "This takes longer than it should. Look again in a minute.": (
        "Cela prend plus de temps que prévu. Regardez à nouveau dans une minute.",
        "Tarda más de lo debido. Vuelva a mirar en un minuto.",
    ),
    "Throw away": ("Jeter", "Descartar"),
    "To": ("À", "Hasta"),
    "What is recorded": ("Ce qui est enregistré", "Lo que está grabado"),
    "What was recorded of it is deleted. Looks under your terms stay possible.": (
        "Son enregistrement est supprimé. Les regards selon vos conditions restent possibles.",
        "Se borra lo grabado de ella. Las miradas según sus condiciones siguen siendo posibles.",
    ),
    "Whole pieces of about ten seconds go, so a little more than the time you say. Clips that you made stay.": (
        "Des morceaux d’environ dix secondes sont supprimés, donc un peu plus que la période. Vos extraits restent.",
        "Se borran trozos enteros de unos diez segundos, un poco más que el tiempo indicado. Sus clips se quedan.",
    ),
    "You made no clip yet. Choose a time under Recordings.": (
        "Vous n’avez pas encore d’extrait. Choisissez une période dans Enregistrements.",
        "Aún no tiene clips. Elija un tiempo en Grabaciones.",
    ),
    "connecting": ("connexion", "conectando"),
    "none": ("aucune", "ninguno"),
    "nothing of this was recorded": ("rien de ceci n’a été enregistré", "nada de esto se grabó"),
    "online": ("en ligne", "en línea"),
    "silent": ("muette", "en silencio"),
    "unauthorised": ("mot de passe refusé", "contraseña rechazada"),
    "unreachable": ("injoignable", "inaccesible"),
    "{count} looking now.": ("{count} en train de regarder.", "{count} mirando ahora."),
    "{time}, {minutes} minutes recorded": (
        "{time}, {minutes} minutes enregistrées",
        "{time}, {minutes} minutos grabados",
    ),
}


@dataclass(frozen=True)
class Words:
    """Says an English text in `language`, one of `LANGUAGES`."""

    language: str = "en"

    def __call__(self, english: str, **values: object) -> str:
        """The text with `values` filled in."""
        both = SAID.get(english)
        text = english if both is None or self.language == "en" else both[LANGUAGES.index(self.language) - 1]
        return text.format(**values) if values else text


def words_for(request: web.Request) -> Words:
    """In the language that the browser likes best of those we speak."""
    liked = []
    for place, item in enumerate(request.headers.get("Accept-Language", "")[:200].split(",")):
        tag, _, quality = item.partition(";q=")
        liked.append((-_number(quality), place, tag.strip()[:2].lower()))
    found = (tag for _, _, tag in sorted(liked) if tag in LANGUAGES)
    return Words(next(found, "en"))


def _number(quality: str) -> float:
    try:
        return float(quality) if quality else 1.0
    except ValueError:
        return 0.0
