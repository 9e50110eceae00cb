"""Send what is owed: claim, freeze the words, send, mark. At least once, and it looks like once."""

from __future__ import annotations

from dataclasses import replace

import structlog

from monitor.decisions import schedule
from monitor.decisions.routing import next_in_chain
from monitor.errors import DeliveryError, MailSettingsRefused, PermanentDeliveryError, where_raised
from monitor.jobs import notices
from monitor.jobs.services import Services
from monitor.model import AlertKind, Envelope, Message, Notice, Office
from monitor.store.rows import AlertRow, NewAlert

log = structlog.get_logger()

TELL_OPERATOR_AFTER = 3
"""After how many refused attempts in a row the network manager is told that mail does not leave."""


def deliver_due(services: Services) -> int:
    """Send every message that is due; returns how many were accepted."""
    sent = 0
    while not services.stopping():
        now = services.clock()
        with services.store.transaction() as t:
            row = t.claim_alert(now=now, until=services.lease(now))
        if row is None:
            break
        try:
            receipt = services.transport.deliver(_message(services, row), _envelope(services, row))
        except PermanentDeliveryError as error:
            _give_up(services, row, error)
        except DeliveryError as error:
            # Nobody but the network manager can mend the settings, so that is told at once.
            tell_after = 1 if isinstance(error, MailSettingsRefused) else TELL_OPERATOR_AFTER
            _put_off(services, row, str(error), tell_after=tell_after)
        except Exception as error:  # noqa: BLE001 - one odd message must not stop the others
            log.error(
                "alert_crashed", kind=row.kind.value, error=type(error).__name__, where=where_raised(error)
            )
            _put_off(services, row, "a fault in this program; it was logged")
        else:
            with services.store.transaction() as t:
                t.mark_sent(row.id, receipt, services.clock())
            sent += 1
            log.info("alert_delivered", office=row.office.value, part=row.part.value, kind=row.kind.value)
    return sent


def _message(services: Services, row: AlertRow) -> Message:
    """The words of the mail, frozen in the row by a commit before the first attempt."""
    if row.message:
        return row.message
    facts = row.facts
    if isinstance(facts, Notice) and row.finding_id is not None:
        with services.store.transaction() as t:
            state, saved_at, missing = notices.saved(t.captures_of(row.finding_id))
        facts = replace(facts, saved=state, saved_at=saved_at, missing=missing)
    message = services.compose(facts)
    with services.store.transaction() as t:
        t.freeze_message(row.id, message)
    return message


def _envelope(services: Services, row: AlertRow) -> Envelope:
    mail = services.settings.mail
    return Envelope(
        message_id=row.message_id,
        date=row.date,
        sender=mail.sender or "school-monitor@practice.invalid",
        recipient=row.address,
        reply_to=mail.reply_to,
        thread=row.thread,
    )


def _put_off(services: Services, row: AlertRow, error: str, *, tell_after: int = TELL_OPERATOR_AFTER) -> None:
    now = services.clock()
    with services.store.transaction() as t:
        t.postpone_alert(row.id, schedule.retry_at(row.attempts, now), error)
        if row.attempts >= tell_after and row.kind is not AlertKind.OPERATOR:
            t.owe(_mail_fault(services, "Mail is not being accepted", error))


def _give_up(services: Services, row: AlertRow, error: PermanentDeliveryError) -> None:
    """Trying again cannot help: the next in the chain is told instead, and the operator (R63)."""
    now = services.clock()
    with services.store.transaction() as t:
        t.mark_failed(row.id, str(error))
        if row.kind is AlertKind.OPERATOR:
            return
        t.owe(_mail_fault(services, f"Mail to the {row.office.label} is refused", str(error)))
        if row.finding_id is None:
            return
        finding = t.finding_by_id(row.finding_id)
        told = [other.office for other in t.alerts_of(row.finding_id)]
        stand_in = next_in_chain(
            row.office,
            finding.assessment,
            services.settings.policy,
            told=told,
            filled=services.filled,
            delegates=services.delegates,
        )
        if stand_in is None:
            t.owe(notices.nobody_left(services, finding.reference))
        else:
            key = f"{row.key}/instead/{stand_in.value}"
            t.owe(
                NewAlert(
                    key=key,
                    kind=row.kind,
                    office=stand_in,
                    part=row.part,
                    address=notices.address(stand_in, services.settings),
                    message_id=notices.message_id(services, key),
                    thread=row.thread,
                    date=now,
                    not_before=now,
                    finding_id=row.finding_id,
                    facts=_addressed_to(row, stand_in),
                )
            )


def _addressed_to(row: AlertRow, office: Office) -> Notice:
    if not isinstance(row.facts, Notice):
        raise TypeError("only a mail about a finding is passed on")
    return replace(row.facts, recipient_label=office.label)


def _mail_fault(services: Services, headline: str, error: str) -> NewAlert:
    return notices.operator_alert(
        services,
        f"mail {headline} {services.clock().date().isoformat()}",
        headline,
        [("What the mail server said", error)],
        "Run `school-monitor doctor`; messages wait and are sent when the server takes them.",
    )
