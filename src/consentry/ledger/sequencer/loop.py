"""The sequencer's loop: integrate at once when idle, never more often than each 10 ms, at least each 100 ms.

While it sleeps, writers wake it by NOTIFY; while awake it looks each 10 ms, so that writers need not (see `services`).
Whatever fails (PostgreSQL gone, disk full or read-only, files damaged), nothing is acknowledged, the reason is said in
`ledger_state.fault` and the log, and everything is opened anew: recovery then joins files and database.
"""

import logging
import time
from contextlib import ExitStack, closing
from threading import Event
from types import TracebackType

import psycopg

from consentry.kernel.clock import to_ms, utc_now
from consentry.kernel.errors import ConsentryError
from consentry.kernel.key_folder import KeyFolder
from consentry.kernel.note import Signer, Verifier
from consentry.ledger.sequencer.cosigning import Cosigning
from consentry.ledger.sequencer.inbox import Inbox, Placed
from consentry.ledger.sequencer.recovery import recover
from consentry.ledger.sequencer.settings import SequencerSettings, log_signers
from consentry.ledger.sequencer.store import LogStore

PACE_S = 0.010
LOOK_S = 0.100
AWAKE_S = 1.0
PROBE_S = 2.0
RETRY_S = 1.0
MAX_BATCH = 4_096

log = logging.getLogger(__name__)


class Sequencer:
    """An open log: its files, its database, its witnesses. Use as a context; `integrate` and `rest` do the work."""

    def __init__(self, settings: SequencerSettings) -> None:
        self._settings, self._keys = settings, KeyFolder(settings.key_file.parent)
        signers = self._signers_now()
        self.cosigning = Cosigning(settings.folder, _verifiers(signers), settings.witnesses)
        with ExitStack() as opened:
            self._inbox = opened.enter_context(closing(Inbox(settings.database)))
            try:
                self._store = opened.enter_context(
                    closing(LogStore(settings.folder, *signers, known=self._keys.log_history()))
                )
                recover(self._inbox, self._store)
            except (ConsentryError, OSError) as error:
                self._inbox.fail(str(error))
                raise
            self._schema = self._inbox.known().schema
            self._opened = opened.pop_all()
        self._signed_with = signers
        self.cosigning.follow(_verifiers(signers), self._keys.rotations())
        self._asleep, self._probed_s, self._worked_s = False, 0.0, time.monotonic()

    def __enter__(self) -> "Sequencer":
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._opened.close()

    def integrate(self) -> int:
        """Integrate what is pending, up to one batch; returns how many entries are now durable and placed."""
        rows = self._inbox.take(MAX_BATCH)
        if not rows:
            return 0
        if self._asleep:  # said before the batch is on disk, else all that is written meanwhile queues for NOTIFY
            self._inbox.wake()
            self._asleep = False
        first = self._store.head.size
        try:
            leaves = self._store.append([row.entry for row in rows])
        except OSError as error:
            self._inbox.fail(f"the disk refuses the ledger: {error}")
            raise
        self._inbox.place(Placed(rows, first, leaves, self._store.head, self._schema), utc_now())
        self._probed_s = self._worked_s = time.monotonic()
        self._store.tidy()
        return len(rows)

    def rest(self, started_s: float, *, was_idle: bool) -> None:
        """Wait until the next look is due; say that we are alive each 2 s and fall asleep after 1 s without work."""
        now_s = time.monotonic()
        if now_s - self._probed_s > PROBE_S:
            self._probe(now_s)
        if not was_idle or not self._asleep:
            time.sleep(max(0.0, started_s + PACE_S - now_s))
        if was_idle and self._asleep:
            self._inbox.wait(LOOK_S)
        elif was_idle and now_s - self._worked_s > AWAKE_S:
            self._inbox.sleep()
            self._asleep = True

    def follow_keys(self) -> None:
        """Sign with other keys when a rotation begins or ends; a rotation that does not hold stops the log."""
        signers = self._signers_now()
        if _verifiers(signers) != _verifiers(self._signed_with):
            self._store.sign_with(signers)
            self._signed_with = signers
            log.info("the log now signs with %d keys", len(signers))
        self.cosigning.follow(_verifiers(signers), self._keys.rotations())

    def _signers_now(self) -> tuple[Signer, ...]:
        return log_signers(self._keys, self._settings.key_file, to_ms(utc_now()))

    def _probe(self, now_s: float) -> None:
        try:
            self._store.probe()
            self.follow_keys()
        except OSError as error:
            self._inbox.fail(f"the disk refuses the ledger: {error}")
            raise
        self._inbox.alive(utc_now())
        self._probed_s = now_s


def _verifiers(signers: tuple[Signer, ...]) -> tuple[Verifier, ...]:
    return tuple(signer.verifier for signer in signers)


def run(settings: SequencerSettings, stop: Event) -> None:
    """Serve until `stop` is set."""
    while not stop.is_set():
        try:
            with Sequencer(settings) as sequencer, sequencer.cosigning.running():
                log.info("the ledger is open")
                _serve(sequencer, stop)
        except (psycopg.Error, OSError, ConsentryError) as error:
            log.error("the ledger acknowledges nothing: %s", error)
            stop.wait(RETRY_S)


def _serve(sequencer: Sequencer, stop: Event) -> None:
    while not stop.is_set():
        started_s = time.monotonic()
        done = sequencer.integrate()
        sequencer.rest(started_s, was_idle=done == 0)
