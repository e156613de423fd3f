"""What the worker does for the vault: closes, seals, stamps, stores, reads again, destroys what is due."""

from procrastinate.contrib.django import app

from consentry.evidence import services
from consentry.evidence.disclosure.passkeys import forget_challenges
from consentry.evidence.disclosure.services import forget_nonces
from consentry.evidence.named.services import advance_named
from consentry.evidence.redaction.threads import keep_going
from consentry.evidence.stores.settings import authority_said, fixity_said
from consentry.kernel.clock import utc_now

LOOK_FOR_S = 20.0
# One named copy's turn: its first seconds are there soon, and others wait no longer than this.
NAME_FOR_S = 20.0


@app.periodic(cron="* * * * * */1")
@app.task(queueing_lock="evidence.seal", pass_context=False)
def seal(timestamp: int) -> None:  # noqa: ARG001 procrastinate hands the planned second over
    """Close looks that are over and delivered, sign manifests, say *sealed* of what stands in the log."""
    services.close_ended(utc_now())
    services.close_due(utc_now())
    services.note_logged(utc_now())
    services.drop_empty(utc_now())


@app.periodic(cron="* * * * * */5")
@app.task(queueing_lock="evidence.take_uploads", lock="evidence.take_uploads", pass_context=False)
def take_uploads(timestamp: int) -> None:  # noqa: ARG001 procrastinate hands the planned second over
    """Scan and seal files that have arrived, also what owners hand over, throw away what was never finished."""
    services.advance_uploads(utc_now())
    services.seal_handed_due(utc_now())


@app.periodic(cron="* * * * * */30")
@app.task(queueing_lock="evidence.destroy", pass_context=False)
def destroy(timestamp: int) -> None:  # noqa: ARG001 procrastinate hands the planned second over
    """Destroy items whose time is over and that nothing holds, then keys that nothing needs."""
    services.destroy_due(utc_now())
    services.destroy_keks(utc_now())


@app.periodic(cron="* * * * * */10")
@app.task(queueing_lock="evidence.stamp", lock="evidence.stamp", pass_context=False)
def stamp(timestamp: int) -> None:  # noqa: ARG001 procrastinate hands the planned second over
    """Ask for the timestamps that are missing."""
    services.stamp_due(authority_said(), utc_now())


@app.periodic(cron="* * * * * */20")
@app.task(queueing_lock="evidence.store", lock="evidence.store", pass_context=False)
def store(timestamp: int) -> None:  # noqa: ARG001 procrastinate hands the planned second over
    """Bring sealed items to the store, follow retention there, remove what was destroyed."""
    services.store_due(utc_now())


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="evidence.look_again", lock="evidence.look_again", pass_context=False)
def look_again(timestamp: int) -> None:  # noqa: ARG001 procrastinate hands the planned second over
    """Read sealed files again, a third of each minute."""
    services.look_due(fixity_said(), utc_now(), for_s=LOOK_FOR_S)


@app.periodic(cron="* * * * * */2")
@app.task(queueing_lock="evidence.export", lock="evidence.export", pass_context=False)
def export(timestamp: int) -> None:  # noqa: ARG001 procrastinate hands the planned second over
    """Make the bags that somebody asked for, remove those that are over."""
    services.advance_exports(authority_said(), utc_now())


@app.periodic(cron="* * * * * */2")
@app.task(queueing_lock="evidence.name", lock="evidence.name", pass_context=False)
def name(timestamp: int) -> None:  # noqa: ARG001 procrastinate hands the planned second over
    """Make copies that bear a recipient's name, one child at a time; remove those that are over."""
    advance_named(utc_now, for_s=NAME_FOR_S)


@app.periodic(cron="*/5 * * * *")
@app.task(queueing_lock="evidence.mend", lock="evidence.mend", pass_context=False)
def mend(timestamp: int) -> None:  # noqa: ARG001 procrastinate hands the planned second over
    """Finish what a crash left half done, call somebody for what is damaged."""
    services.put_in_order(utc_now())
    forget_nonces(utc_now())
    forget_challenges(utc_now())


@app.periodic(cron="* * * * * */2")
@app.task(queueing_lock="evidence.redact", pass_context=False)
def redact(timestamp: int) -> None:  # noqa: ARG001 procrastinate hands the planned second over
    """See that redactions go on: faces are looked for, what was released is rendered and sealed."""
    keep_going()
