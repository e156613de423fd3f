"""The closed list of purposes of a look, with their words. The policy names the same codes (policies/access.cedar)."""

from types import MappingProxyType
from typing import Final

PURPOSES: Final = MappingProxyType({
    "crime_in_progress": {"en": "Crime in progress", "fr": "Infraction en cours", "es": "Delito en curso"},
    "find_missing_person": {
        "en": "Find a missing or abducted person", "fr": "Retrouver une personne disparue ou enlevée",
        "es": "Encontrar a una persona desaparecida o secuestrada",
    },
    "find_suspect": {
        "en": "Find a suspect who just left", "fr": "Retrouver un suspect qui vient de partir",
        "es": "Encontrar a un sospechoso que acaba de irse",
    },
    "find_vehicle": {
        "en": "Find a vehicle involved", "fr": "Retrouver un véhicule impliqué",
        "es": "Encontrar un vehículo implicado",
    },
    "officer_safety": {
        "en": "Safety of those who respond", "fr": "Sécurité des intervenants", "es": "Seguridad de quienes acuden",
    },
    "protect_life": {
        "en": "Protect somebody's life", "fr": "Protéger la vie d'une personne",
        "es": "Proteger la vida de una persona",
    },
    "traffic_crash": {
        "en": "Traffic crash with injuries", "fr": "Accident de la route avec blessés",
        "es": "Accidente de tráfico con heridos",
    },
})  # fmt: skip
