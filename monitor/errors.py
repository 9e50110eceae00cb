"""Every exception this program raises, in one tree.

Two questions decide where a class sits: which step failed, and what the caller should do.

    MonitorError
      ConfigError               stop at start, exit 2; names file, line, key and the nearest valid name
      RegisterError             the people file as a whole cannot be used
      AlreadyRunning            another process holds this data folder
      SchemaMismatch            the database is newer or older than this program
      StoreUnavailable          the database cannot be used now (disk full, no server): try again later
      OutboundRefused           an address the program must not contact; nothing was sent
      CollectError(source)
        NotConfigured           no credentials or no route: shown as "not checked, because ..."
        SourceUnavailable       try later, back off
        RateLimited(until)      try at that time
        CredentialsRefused      stop this source, tell the operator today
        SourceGone              stop this source, tell the operator this week
        UnexpectedResponse      keep the body, tell the operator: the platform changed
      CaptureError
        BrowserUnavailable      no browser could be started: the operator is told, the alert still goes
      PicturesUnavailable       the words in pictures cannot be read here; `doctor` has the fix
      DeliveryError
        TemporaryDeliveryError  try later
          MailSettingsRefused   the same, and the operator must mend something
        PermanentDeliveryError  operator and next recipient
      TimestampError            an authority gave no time that can be believed: ask the next, try later
      CannotCheck               what the check needs is not installed here: say so, nothing was checked
      ArchiveError              disk full, chain busy: stop sealing, tell the operator now
      VerificationError(step)   the archive is not what was sealed; never caught by jobs
        DigestMismatch  ChainBroken  MissingFile  UnlistedFile  MalformedArchive
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


class MonitorError(Exception):
    """The root of every error this program raises on purpose."""


@dataclass(frozen=True, slots=True)
class ConfigProblem:
    """One fault in a configuration file, as a person needs to see it.

    `line` counts from 1; `None` when the fault is a missing key. `hint` says what to do next.
    """

    file: str
    line: int | None
    key: str
    message: str
    hint: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        tail = f" ({self.hint})" if self.hint else ""
        return f"{place}: {self.key}: {self.message}{tail}"


class ConfigError(MonitorError):
    """The configuration cannot be used; every problem found is listed, not only the first."""

    def __init__(self, problems: tuple[ConfigProblem, ...]) -> None:
        self.problems = problems
        super().__init__("\n".join(str(problem) for problem in problems))


class RegisterError(MonitorError):
    """The people file as a whole cannot be used (unreadable, or its columns are missing)."""


class AlreadyRunning(MonitorError):
    """Another process works on this data folder."""


class SchemaMismatch(MonitorError):
    """The database schema is not the one this program knows."""


class StoreUnavailable(MonitorError):
    """The database cannot be read or written now; what was being written is not there in part."""


class OutboundRefused(MonitorError):
    """The address must not be contacted (private, wrong scheme, too many redirects); nothing was sent."""


class CollectError(MonitorError):
    """One source could not be read. An error is never "nothing new" (promise 2)."""

    def __init__(self, source: str, detail: str = "") -> None:
        self.source = source
        self.detail = detail
        super().__init__(f"{source}: {detail}" if detail else source)


class NotConfigured(CollectError):
    """The source lacks credentials or a route. Shown as "not checked, because ..."."""


class SourceUnavailable(CollectError):
    """Time-out, 5xx or no connection: try later, back off."""


class RateLimited(CollectError):
    """The platform asked us to slow down; `until` is aware UTC, or None when it did not say."""

    def __init__(self, source: str, until: datetime | None = None, detail: str = "") -> None:
        self.until = until
        super().__init__(source, detail or "the platform asked us to slow down")


class CredentialsRefused(CollectError):
    """401 or 403: stop this source and tell the operator today."""


class SourceGone(CollectError):
    """404, 410 or a suspended place: stop this source and tell the operator this week."""


class UnexpectedResponse(CollectError):
    """The answer makes no sense; `body` keeps its first bytes for the operator."""

    def __init__(self, source: str, detail: str = "", body: bytes = b"") -> None:
        self.body = body[:65536]
        super().__init__(source, detail)


class CaptureError(MonitorError):
    """A capture could not even be attempted. What happens during one is a value, not an error."""


class BrowserUnavailable(CaptureError):
    """No browser could be started; the message ends with the one command that mends it."""


class PicturesUnavailable(MonitorError):
    """The words in pictures, or in one of them, cannot be read here; the message says why."""


class DeliveryError(MonitorError):
    """A message was not accepted."""


class TemporaryDeliveryError(DeliveryError):
    """Try again later: no connection, a 4xx reply, or the connection broke after DATA."""


class MailSettingsRefused(TemporaryDeliveryError):
    """No mail leaves until the operator mends the settings or the server: no encryption, a sign-in
    refused. Every mail waits, none is lost."""


class PermanentDeliveryError(DeliveryError):
    """Trying again cannot help this mail: its recipient or its words were refused (5xx), or the address
    is impossible."""


class TimestampError(MonitorError):
    """A time-stamping authority gave no time that can be believed; the message says why."""


class CannotCheck(MonitorError):
    """A signature or a time cannot be checked on this machine; whether it holds is not known."""


class ArchiveError(MonitorError):
    """The archive cannot be written (full, busy, not a folder): stop sealing, tell the operator."""


class VerificationError(MonitorError):
    """The archive is not what was sealed. `step` is the number in archive/README.md."""

    def __init__(self, step: int, where: str, detail: str) -> None:
        self.step = step
        self.where = where
        self.detail = detail
        super().__init__(f"step {step}: {where}: {detail}")


class MalformedArchive(VerificationError):
    """A file that the format demands is unreadable or not in the format."""


class ChainBroken(VerificationError):
    """A chain entry is missing, altered or out of order."""


class DigestMismatch(VerificationError):
    """A file is not the file that was sealed."""


class MissingFile(VerificationError):
    """A sealed file or exhibit folder is absent and no erasure entry says why."""


class UnlistedFile(VerificationError):
    """A file lies in an exhibit, or an exhibit in the archive, that no manifest or entry names."""


def where_raised(error: BaseException) -> str:
    """Where an unexpected error arose, as file:line pairs, for the log. Its message is left out: it may
    quote the text that was being read."""
    places = []
    trace = error.__traceback__
    while trace is not None:
        places.append(f"{trace.tb_frame.f_code.co_filename.rsplit('/', 1)[-1]}:{trace.tb_lineno}")
        trace = trace.tb_next
    return " > ".join(places[-6:])
