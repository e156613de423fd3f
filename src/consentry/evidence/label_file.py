"""The installation's C2PA label key, kept beside the other keys; made at the first export."""

import json
import os
from dataclasses import asdict
from pathlib import Path

from django.conf import settings

from consentry.evidence.bag.label import LabelKey, make_label_key

SECRET, ROOT = "label.key", "label-root.pem"


def label_key(organisation: str) -> LabelKey:
    """The key, made for `organisation` if there is none; its root lies beside it for who wants to trust it.

    Called by one worker at a time (the task's lock), so two never make it at once.
    """
    folder = Path(settings.DATA) / "keys"
    path = folder / SECRET
    if not path.exists():
        made = make_label_key(organisation)
        (folder / ROOT).write_text(made.root)
        aside = path.with_suffix(f".{os.getpid()}")
        with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(asdict(made), file)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
    return LabelKey(**json.loads(path.read_text()))
