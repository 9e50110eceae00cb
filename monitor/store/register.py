"""The Register at rest: encrypted, with the key outside the database (DOMAIN.md, R44 row).

Fernet (AES-128-CBC with HMAC-SHA256, from `cryptography`): what lies in the table, a dump or a
backup of the database says nothing about anybody without the key file.
"""

from __future__ import annotations

from datetime import datetime

from cryptography.fernet import Fernet, InvalidToken
from pydantic import TypeAdapter

from monitor.errors import RegisterError
from monitor.model import Person, Register, Role
from monitor.store.rows import SealedRegister

_PEOPLE = TypeAdapter(tuple[Person, ...])


def new_key() -> bytes:
    """A fresh key for a key file."""
    return Fernet.generate_key()


def seal_register(register: Register, key: bytes, now: datetime) -> SealedRegister:
    """Encrypt the Register; only its version and two counts stay readable."""
    return SealedRegister(
        version=register.version,
        imported_at=now,
        people=len(register.people),
        pupils=sum(person.role is Role.PUPIL for person in register.people),
        sealed=Fernet(key).encrypt(_PEOPLE.dump_json(register.people)),
    )


def open_register(sealed: SealedRegister, key: bytes) -> Register:
    """Decrypt the Register into memory. Raises `RegisterError` when the key does not fit."""
    try:
        people = _PEOPLE.validate_json(Fernet(key).decrypt(sealed.sealed))
    except InvalidToken:
        raise RegisterError(
            "the key in the data folder does not open the register; restore keys/register.key from the"
            " backup, or import the people file again"
        ) from None
    return Register(people=people, version=sealed.version)
