"""The register of the School's people, as a person imports it."""

from __future__ import annotations

from datetime import datetime

from monitor.errors import RegisterError
from monitor.model import Register, Role
from monitor.store import Store
from monitor.store.register import seal_register
from monitor.store.rows import SealedRegister


def import_people(
    store: Store, register: Register, key: bytes, *, may_import_pupils: bool, now: datetime
) -> SealedRegister:
    """Replace the Register, encrypted at rest. Raises `RegisterError` when there is nobody in it, or
    when it holds pupils before the governance record allows that (DOMAIN.md, R1 row)."""
    if not register.people:
        raise RegisterError("no row of the file could be used; the register stays as it was")
    if not may_import_pupils and any(person.role is Role.PUPIL for person in register.people):
        raise RegisterError(
            "pupils may be imported only once the governance record in monitor.toml is filled in"
            " ([governance]: DPIA date and approver, privacy notice); leave them out, or fill it in"
        )
    sealed = seal_register(register, key, now)
    with store.transaction() as t:
        t.save_register(sealed)
    return sealed
