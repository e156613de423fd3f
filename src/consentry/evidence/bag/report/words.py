"""The words of the reports in English, Spanish and French; the key is what code says."""

from consentry.evidence.bag.types import LANGUAGES

# Sorted by key: (English, Spanish, French).
SAID: dict[str, tuple[str, str, str]] = {
    "agency": ("Agency", "Organismo", "Service"),
    "began": ("Began", "Comienzo", "Début"),
    "bytes": ("Bytes", "Bytes", "Octets"),
    "by": ("By", "Por", "Par"),
    "closed": ("Closed", "Cierre", "Clôture"),
    "custody": ("Chain of custody", "Cadena de custodia", "Chaîne de conservation"),
    "derivation": ("How it was made", "Cómo se hizo", "Comment il a été fait"),
    "detail": ("Detail", "Detalle", "Détail"),
    "entry": ("Log entry", "Entrada del registro", "Entrée du journal"),
    "event": ("Event", "Hecho", "Événement"),
    "export": ("Export", "Exportación", "Export"),
    "export_made": ("Exported", "Exportado", "Exporté"),
    "file": ("File", "Archivo", "Fichier"),
    "item": ("Item", "Elemento", "Élément"),
    "kind": ("Kind", "Tipo", "Nature"),
    "kind.answer": (
        "recording that a resident gave",
        "grabación entregada por un residente",
        "enregistrement remis par un habitant",
    ),
    "kind.derivative": (
        "copy made from another item",
        "copia hecha a partir de otro elemento",
        "copie faite à partir d’un autre élément",
    ),
    "kind.look": (
        "recording of a look at a camera",
        "grabación de una mirada a una cámara",
        "enregistrement d’un regard par une caméra",
    ),
    "kind.order": (
        "recording that a court ordered",
        "grabación ordenada por un tribunal",
        "enregistrement ordonné par un tribunal",
    ),
    "kind.upload": ("file that an officer handed in", "archivo entregado por un agente", "fichier remis par un agent"),
    "more": (
        "More in report.html, which has all of them:",
        "Más en report.html, que los contiene todos:",
        "Davantage dans report.html, qui les contient tous :",
    ),
    "not_proved": (
        "What a check does not prove",
        "Lo que una comprobación no demuestra",
        "Ce qu’une vérification ne prouve pas",
    ),
    "not_proved.camera": (
        "That the camera showed the truth, or that its clock was right.",
        "Que la cámara mostró la verdad o que su reloj era exacto.",
        "Que la caméra a montré la vérité, ou que son horloge était juste.",
    ),
    "not_proved.people": (
        "That what people entered is true. The list of events is complete as kept, and unchanged since this export.",
        ("Que lo que anotaron las personas es cierto. La lista de hechos está completa tal como se guardó y no ha "
         "cambiado desde esta exportación."),
        ("Que ce que des personnes ont noté est vrai. La liste des événements est complète telle que tenue, et "
         "inchangée depuis cet export."),
    ),
    "original": ("Original", "Original", "Original"),
    "original.itself": ("this item is an original", "este elemento es un original", "cet élément est un original"),
    "readme.check": (
        ("To check it: python3 verify.py --trust FILE, where FILE holds keys that you got another way than with "
         "this bag (from the agency's public page, say), or: consentry verify bag BAG --trust FILE."),
        ("Para comprobarla: python3 verify.py --trust ARCHIVO, donde ARCHIVO contiene claves que recibió por otra "
         "vía que esta bolsa (por ejemplo, la página pública del organismo), o: consentry verify bag BOLSA --trust "
         "ARCHIVO."),
        ("Pour le vérifier : python3 verify.py --trust FICHIER, où FICHIER contient des clés que vous avez reçues "
         "par une autre voie que ce paquet (la page publique du service, par exemple), ou : consentry verify bag "
         "PAQUET --trust FICHIER."),
    ),
    "readme.forged": (
        ("Who could forge this bag could forge verify.py too: compare its SHA-256 with the one the project "
         "publishes."),
        ("Quien pudiera falsificar esta bolsa podría falsificar también verify.py: compare su SHA-256 con el que "
         "publica el proyecto."),
        ("Qui pourrait falsifier ce paquet pourrait aussi falsifier verify.py : comparez son SHA-256 à celui que "
         "publie le projet."),
    ),
    "readme.inside": (
        ("data/original: the recording, bit for bit. data/player: a copy for any player, if there is one. "
         "data/item: the signed manifest. data/custody: what happened to it since."),
        ("data/original: la grabación, bit a bit. data/player: una copia para cualquier reproductor, si la hay. "
         "data/item: el manifiesto firmado. data/custody: lo que le ocurrió desde entonces."),
        ("data/original : l’enregistrement, bit pour bit. data/player : une copie pour tout lecteur, s’il y en a "
         "une. data/item : le manifeste signé. data/custody : ce qui lui est arrivé depuis."),
    ),
    "readme.what": (
        ("This bag holds one item of evidence and all that is needed to check it without the system that it came "
         "from."),
        ("Esta bolsa contiene un elemento de prueba y todo lo necesario para comprobarlo sin el sistema del que "
         "procede."),
        ("Ce paquet contient un élément de preuve et tout ce qu’il faut pour le vérifier sans le système dont il "
         "vient."),
    ),
    "recipient": ("For", "Para", "Pour"),
    "segments": ("Recorded pieces, bit for bit", "Piezas grabadas, bit a bit", "Morceaux enregistrés, bit pour bit"),
    "sha256": ("SHA-256", "SHA-256", "SHA-256"),
    "source": ("Source", "Origen", "Source"),
    "stamp": ("Time-stamp of the manifest", "Sello de tiempo del manifiesto", "Horodatage du manifeste"),
    "stamp.no": ("pending when this was exported", "pendiente al exportar", "en attente lors de l’export"),
    "stamp.yes": ("in the bag", "en la bolsa", "dans le paquet"),
    "time": ("Time (UTC)", "Hora (UTC)", "Heure (UTC)"),
    "title": ("Custody report", "Informe de custodia", "Rapport de conservation"),
    "view": ("What this is", "Qué es esto", "Ce que c’est"),
}  # fmt: skip

# What can happen to an item, in words of a court; an event that is not here is shown as it is.
EVENTS: dict[str, tuple[str, str, str]] = {
    "export.create": ("exported", "exportado", "exporté"),
    "export.open": ("opened by its recipient", "abierto por su destinatario", "ouvert par son destinataire"),
    "hold.clear": ("hold cleared", "retención levantada", "gel levé"),
    "hold.set": ("held beyond its time", "retenido más allá de su plazo", "gelé au-delà de son délai"),
    "item.begin": ("recording began", "comenzó la grabación", "début de l’enregistrement"),
    "item.close": ("recording closed", "grabación cerrada", "enregistrement clos"),
    "item.derive": ("a copy was made from it", "se hizo una copia", "une copie en a été faite"),
    "item.disclose": ("disclosed", "divulgado", "communiqué"),
    "item.move": ("moved to another store", "trasladado a otro almacén", "déplacé vers un autre stockage"),
    "item.seal": ("sealed", "sellado", "scellé"),
    "item.stamp": ("time-stamped", "sellado con fecha y hora", "horodaté"),
    "item.verify": ("bytes checked", "bytes comprobados", "octets vérifiés"),
    "item.view": ("viewed", "visto", "regardé"),
    "redaction.begin": ("a redaction was begun", "se empezó un censurado", "un caviardage a été commencé"),
    "redaction.drop": ("a redaction was thrown away", "se descartó un censurado", "un caviardage a été abandonné"),
    "redaction.review": ("a redaction was reviewed", "se revisó un censurado", "un caviardage a été relu"),
}


def say(key: str, language: str) -> str:
    """The words for `key` (KeyError when there are none), in English for a language that we do not have."""
    return SAID[key][_place(language)]


def say_event(event: str, language: str) -> str:
    """The words for an event, or its name."""
    words = EVENTS.get(event)
    return event if words is None else words[_place(language)]


def _place(language: str) -> int:
    return LANGUAGES.index(language) if language in LANGUAGES else 0
