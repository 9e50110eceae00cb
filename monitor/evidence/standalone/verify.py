#!/usr/bin/env python3
"""Check an unpacked evidence pack with nothing but this file and Python 3.8 or newer.

    python3 -I verify.py [FOLDER] [--key FINGERPRINT] [--arithmetic]

FOLDER is the unpacked pack; without it, the folder in which this file lies. FINGERPRINT is that of the
school's key, from somewhere else than this pack: without it a pack that somebody made anew, with a key of
their own, looks as good as the school's. --arithmetic shows every hash on the way from an entry to the
signed root. `openssl` checks the timestamps, where there is one. Nothing is fetched, nothing changed.

Exit: 0 all holds; 1 faults, each named with its step and file; 2 there is no such folder; 3 what could be
checked holds, but something could not be checked. The steps are those of VERIFY.md:

    1. The pack is plain files with safe names, within the limits below.
    2. The manifests list exactly the files of the pack, each with its SHA-256.
    3. The tag manifest, the list of the lists, is signed (Ed25519) by the key that the pack names.
    4. Each exhibit is the folder that was sealed: its own manifests hold, and give its root digest.
    5. Each entry of the chain is what its own digest says, and speaks of an exhibit of this pack.
    6. Each entry is in the tree of a checkpoint (RFC 9162 section 2.1.3.2).
    7. Each checkpoint is signed (Ed25519).
    8. Each timestamp (RFC 3161) is the named authority's, over exactly its checkpoint.
    9. Each derived copy names the original that it was made from, and what was changed.

If you do not trust the sender, do not trust this file because it came along: read it, take a copy from
somewhere else, or do steps 2, 3, 7 and 8 by hand as VERIFY.md says.
"""

from __future__ import annotations

import argparse
import base64
import calendar
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, BinaryIO, Callable, NamedTuple

MOST_FILES = 50_000
MOST_BYTES = 64 << 30  # in all
MOST_TEXT_BYTES = 64 << 20  # of a file that is read whole: lists, entries, checkpoints
BLOCK_BYTES = 1 << 20

PART = r"[A-Za-z0-9][A-Za-z0-9._+=@-]{0,127}"
SAFE_NAME = re.compile(rf"{PART}(/{PART}){{0,15}}")
MANIFEST_LINE = re.compile(r"([0-9a-f]{64})  ([^\r\n]+)")
MANIFEST, TAG_MANIFEST = "manifest-sha256.txt", "tagmanifest-sha256.txt"
SIGNATURE = TAG_MANIFEST + ".sig"
TAGS = {"VERIFY.md", "bag-info.txt", "bagit.txt", MANIFEST, "verify.py"}
FACTS = "data/pack.json"
ENTRIES, PROOFS = "data/chain/entries.jsonl", "data/chain/proofs.jsonl"
CHECKPOINTS, KEYS = "data/chain/checkpoints/", "data/chain/keys/"
Fault = NamedTuple("Fault", [("step", int), ("where", str), ("detail", str)])


# --- Ed25519, from RFC 8032 section 5.1 ------------------------------------------------------------

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P


def add(a: tuple[int, ...], b: tuple[int, ...]) -> tuple[int, ...]:
    """The sum of two points of the curve, each (X, Y, Z, T) with x = X/Z, y = Y/Z, xy = T/Z (5.1.4)."""
    e, f = (a[1] - a[0]) * (b[1] - b[0]), (a[1] + a[0]) * (b[1] + b[0])
    g, h = 2 * D * a[3] * b[3], 2 * a[2] * b[2]
    w, x, y, z = f - e, h - g, h + g, f + e
    return w * x % P, y * z % P, x * y % P, w * z % P


def times(scalar: int, point: tuple[int, ...]) -> tuple[int, ...]:
    """The point added to itself so many times."""
    found: tuple[int, ...] = (0, 1, 1, 0)
    for bit in bin(scalar)[2:]:
        found = add(found, found)
        if bit == "1":
            found = add(found, point)
    return found


def decode(encoded: bytes) -> tuple[int, ...]:
    """The point that 32 bytes stand for (5.1.3). Raises `ValueError` when they stand for none."""
    number = int.from_bytes(encoded, "little")
    odd, y = number >> 255, number & (2**255 - 1)
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if y >= P or (x * x - square) % P or (x == 0 and odd):
        raise ValueError("these bytes are no point of the curve")
    x = x if x & 1 == odd else P - x
    return x, y, 1, x * y % P


def encode(point: tuple[int, ...]) -> bytes:
    """The 32 bytes that stand for a point (5.1.2)."""
    inverse = pow(point[2], P - 2, P)
    x, y = point[0] * inverse % P, point[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


BASE = decode(bytes.fromhex("58" + "66" * 31))


def is_signed(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether this is the signature of the message by this key (5.1.7), judged as OpenSSL judges it."""
    commitment, scalar = signature[:32], int.from_bytes(signature[32:], "little")
    if len(signature) != 64 or scalar >= ORDER:
        return False
    x, y, z, t = decode(public)
    challenge = int.from_bytes(hashlib.sha512(commitment + public + message).digest(), "little") % ORDER
    return encode(add(times(scalar, BASE), times(challenge, (P - x, y, z, P - t)))) == commitment


def public_key(pem: bytes) -> tuple[bytes, str]:
    """The 32 bytes of a public key in PEM (RFC 8410), and its fingerprint: the SHA-256 of its DER."""
    match = re.fullmatch(rb"-----BEGIN PUBLIC KEY-----\n([A-Za-z0-9+/=\n]+)\n-----END PUBLIC KEY-----\n", pem)
    der = base64.b64decode(match[1]) if match else b""
    if len(der) != 44 or der[:12].hex() != "302a300506032b6570032100":
        raise ValueError("it is not an Ed25519 public key")
    return der[12:], hashlib.sha256(der).hexdigest()


# --- the pack ----------------------------------------------------------------------------------------


def canonical(document: object) -> bytes:
    """The one spelling of a JSON document: keys sorted, no spaces, ASCII, a line feed at the end."""
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode() + b"\n"


def parse(line: bytes) -> dict[str, Any]:
    """The JSON object that a line holds in its one spelling. Raises `ValueError` for any other."""
    found = json.loads(line)
    if not isinstance(found, dict) or canonical(found) != line:
        raise ValueError("not a JSON object in its one spelling")
    return found


class Check:
    """One pack under check: what lies in it (name to size, -1 for what is no plain file), how to open a file,
    and what was found. `faults` stays empty when all that could be checked holds."""

    def __init__(
        self,
        sizes: dict[str, int],
        opener: Callable[[str], BinaryIO],
        trusted_key: str,
        progress: Callable[[int, int], None],
    ) -> None:
        self.sizes, self.open, self.progress = sizes, opener, progress
        self.trusted_key = re.sub("[: ]", "", trusted_key.lower())
        self.faults: list[Fault] = []
        self.unchecked: list[str] = []
        self.shown: list[str] = []
        self.arithmetic: list[str] = []
        self.fingerprint = ""
        self.digests: dict[str, str] = {}
        self.facts: dict[str, Any] = {}
        self.entries: dict[int, dict[str, Any]] = {}
        self.checkpoints: dict[int, dict[str, Any]] = {}

    def run(self) -> None:
        """Do every step, in order, as far as it can be done; a pack that fails step 1 is not opened."""
        self.step_1()
        if self.faults:
            return
        for number in range(2, 10):
            self.guarded(number, FACTS, getattr(self, f"step_{number}"))

    def guarded(self, step: int, where: str, do: Callable[[], object]) -> None:
        """Do part of a step; if what it reads makes no sense, that is a fault of this file."""
        try:
            do()
        except Exception as error:  # noqa: BLE001 (whatever a file brings about here is its fault)
            self.fault(step, where, f"it cannot be read or is not as it must be ({error!r:.200})")

    def fault(self, step: int, where: str, detail: str) -> None:
        self.faults.append(Fault(step, where, detail))

    def read(self, name: str) -> bytes:
        if self.sizes.get(name, MOST_TEXT_BYTES + 1) > MOST_TEXT_BYTES:
            raise ValueError(f"{name} is missing or too large")
        with self.open(name) as stream:
            return stream.read(MOST_TEXT_BYTES)

    def below(self, folder: str) -> set[str]:
        return {name for name in self.sizes if name.startswith(folder)}

    def step_1(self) -> None:
        if len(self.sizes) > MOST_FILES or sum(self.sizes.values()) > MOST_BYTES:
            self.fault(1, "the pack", f"it holds more than {MOST_FILES} files or {MOST_BYTES} bytes")
        spelled: dict[str, str] = {}
        for name in sorted(self.sizes):
            if self.sizes[name] < 0:
                self.fault(1, repr(name), "it is a link, or something else that is no plain file")
            elif not SAFE_NAME.fullmatch(name):
                self.fault(1, repr(name), "no pack has a file of such a name")
            elif spelled.setdefault(name.lower(), name) != name:
                self.fault(1, name, f"it differs from {spelled[name.lower()]} by capital letters only")

    def step_2(self) -> None:
        total, done = sum(self.sizes.values()), 0
        for name in sorted(self.sizes):
            self.guarded(2, name, lambda: self.measure(name))  # noqa: B023 (called at once)
            done += self.sizes[name]
            self.progress(done, total)
        tags = {name for name in self.sizes if not name.startswith("data/")} - {TAG_MANIFEST, SIGNATURE}
        for name in sorted(TAGS - tags):
            self.fault(2, name, "it is missing: every pack has it")
        self.guarded(2, TAG_MANIFEST, lambda: self.compare(2, "", TAG_MANIFEST, tags))
        self.guarded(2, MANIFEST, lambda: self.compare(2, "", MANIFEST, self.below("data/")))
        self.facts = json.loads(self.read(FACTS))
        if self.facts["format"] != 1:
            raise ValueError("this script knows packs of format 1 only")
        self.shown.append(f"{len(self.sizes)} files, {total} bytes, each as listed")

    def measure(self, name: str) -> None:
        hasher = hashlib.sha256()
        with self.open(name) as stream:
            while block := stream.read(BLOCK_BYTES):
                hasher.update(block)
        self.digests[name] = hasher.hexdigest()

    def compare(self, step: int, folder: str, manifest: str, there: set[str]) -> None:
        """A manifest lists exactly these files, each with the digest that it has."""
        listed: dict[str, str] = {}
        for line in self.read(folder + manifest).decode().splitlines():
            match = MANIFEST_LINE.fullmatch(line)
            if match is None or folder + match[2] in listed:
                raise ValueError(f"a line names a file again, or is not a digest and a name: {line[:99]!r}")
            listed[folder + match[2]] = match[1]
        for name in sorted(there | set(listed)):
            if name not in there:
                self.fault(step, name, f"it is missing: {folder}{manifest} lists it")
            elif name not in listed:
                self.fault(step, name, f"it was added: {folder}{manifest} does not list it")
            elif self.digests.get(name) != listed[name]:
                self.fault(step, name, f"it was changed: {folder}{manifest} lists another digest")

    def step_3(self) -> None:
        key = self.facts["key"]
        self.guarded(3, SIGNATURE, lambda: self.signature(3, key, TAG_MANIFEST, SIGNATURE))
        self.fingerprint = public_key(self.read(f"{KEYS}{key}.pem"))[1]
        if self.facts["fingerprint"] != self.fingerprint:
            self.fault(
                3,
                FACTS,
                f"it tells the fingerprint of another key than the one that signed, {self.fingerprint}",
            )
        if not self.fingerprint.startswith(self.trusted_key):
            self.fault(3, f"{KEYS}{key}.pem", f"not the key that you named, but {self.fingerprint}")

    def signature(self, step: int, key: str, signed: str, signature: str) -> None:
        """A file is signed by the key of this name."""
        public, fingerprint = public_key(self.read(f"{KEYS}{key}.pem"))
        if not re.fullmatch("[0-9a-f]{16}", key) or not fingerprint.startswith(key):
            self.fault(step, f"{KEYS}{key}.pem", f"not the key of this name, but {fingerprint}")
        if not is_signed(public, self.read(signed), self.read(signature)):
            self.fault(step, signature, f"not the signature of {signed} by the key {key}")
        self.shown.append(f"{signed} was signed with the key {fingerprint}")

    def step_4(self) -> None:
        strays = {name.split("/")[2] for name in self.below("data/exhibits/")}
        for one in self.facts["exhibits"]:
            self.shown.append(f"exhibit {one['exhibit']} {one['label']}: {one['content']}")
            if one["content"] == "whole":
                strays.discard(one["exhibit"])
                folder = f"data/exhibits/{one['exhibit']}/"
                self.guarded(4, folder, lambda: self.exhibit(one, folder))  # noqa: B023 (called at once)
        for name in sorted(strays):
            self.fault(4, f"data/exhibits/{name}", f"{FACTS} does not say that this exhibit is here")

    def exhibit(self, one: dict[str, Any], folder: str) -> None:
        """An exhibit's own manifests hold, and give the root digest; what was sealed is checked in step 5."""
        if self.digests.get(folder + TAG_MANIFEST) != one["root"]:
            self.fault(4, folder + TAG_MANIFEST, "it is missing, or not the one that was sealed")
        payload = self.below(folder + "data/")
        self.compare(4, folder, TAG_MANIFEST, self.below(folder) - payload - {folder + TAG_MANIFEST})
        self.compare(4, folder, MANIFEST, payload)
        record = json.loads(self.read(folder + "data/record.json"))
        if (record["exhibit_id"], record["captured_at"]) != (one["exhibit"], one["captured_at"]):
            self.fault(4, folder + "data/record.json", "the record is of another exhibit or another time")

    def step_5(self) -> None:
        self.guarded(5, ENTRIES, lambda: self.read_entries())
        for one in self.facts["exhibits"]:
            own = [each for each in self.entries.values() if each["exhibit"] == one["exhibit"]]
            seals = [(each["root"], each["captured_at"]) for each in own if each["event"] == "sealed"]
            if [each["sequence"] for each in own] != one["entries"]:
                self.fault(5, ENTRIES, f"it has other entries about {one['exhibit']} than {FACTS} says")
            if seals != [(one["root"], one["captured_at"])]:
                self.fault(5, FACTS, f"{one['exhibit']} was not sealed with this root digest and time")
            if (one["content"] == "erased") != any(each["event"] == "erasing" for each in own):
                self.fault(5, FACTS, f"{one['exhibit']} is not {one['content']}: the chain says otherwise")
        self.shown.append(f"{len(self.entries)} entries of the chain")

    def read_entries(self) -> None:
        exhibits = {one["exhibit"] for one in self.facts["exhibits"]}
        for line in self.read(ENTRIES).splitlines(keepends=True):
            entry = parse(line)
            number, digest = int(entry["sequence"]), entry.pop("digest")
            before = self.entries.get(number - 1, {"digest": entry["previous"]})
            if number <= max(self.entries, default=0):
                raise ValueError("its entries are not in order")
            if hashlib.sha256(canonical(entry)).hexdigest() != digest:
                self.fault(5, ENTRIES, f"entry {number} was altered: it is not what its own digest says")
            if before["digest"] != entry["previous"]:
                self.fault(5, ENTRIES, f"entry {number} does not follow the entry before it")
            if entry["exhibit"] not in exhibits:
                self.fault(5, ENTRIES, f"entry {number} is about an exhibit that is not of this pack")
            self.entries[number] = {**entry, "digest": digest}

    def step_6(self) -> None:
        for name in sorted(name for name in self.below(CHECKPOINTS) if name.endswith(".json")):
            self.guarded(6, name, lambda: self.read_checkpoint(name))  # noqa: B023 (called at once)
        proved: set[int] = set()
        self.guarded(6, PROOFS, lambda: self.read_proofs(proved))
        for number in sorted(set(self.entries) - proved):
            self.fault(6, PROOFS, f"there is no proof that entry {number} is in a checkpoint")

    def read_checkpoint(self, name: str) -> None:
        found = parse(self.read(name))
        if name != f"{CHECKPOINTS}{found['number']}.json" or not isinstance(found["size"], int):
            raise ValueError("it is not the checkpoint of this number")
        self.checkpoints[found["number"]] = found

    def read_proofs(self, proved: set[int]) -> None:
        for line in self.read(PROOFS).splitlines(keepends=True):
            proof = parse(line)
            entry, checkpoint = self.entries[proof["entry"]], self.checkpoints[proof["checkpoint"]]
            path = [bytes.fromhex(each) for each in proof["path"]]
            self.arithmetic.append(f"Entry {proof['entry']}, checkpoint {proof['checkpoint']}:")
            if self.climb(entry, checkpoint["size"], path) != checkpoint["tree"]:
                self.fault(6, PROOFS, f"entry {proof['entry']} is not in checkpoint {proof['checkpoint']}")
            proved.add(proof["entry"])

    def climb(self, entry: dict[str, Any], size: int, path: list[bytes]) -> str:
        """The root that this path leads to from an entry, or nothing (RFC 9162 section 2.1.3.2)."""
        place, last = entry["sequence"] - 1, size - 1
        node = hashlib.sha256(b"\0" + bytes.fromhex(entry["digest"])).digest()
        self.arithmetic.append(f"  {node.hex()} = SHA-256(00 {entry['digest']})")
        if not 0 <= place <= last:
            return ""
        for other in path:
            if last == 0:
                return ""
            pair = (other, node) if place & 1 or place == last else (node, other)
            while place == last and not place & 1:
                place, last = place >> 1, last >> 1  # a last node without a neighbour goes up as it is
            node = hashlib.sha256(b"\1" + pair[0] + pair[1]).digest()
            self.arithmetic.append(f"  {node.hex()} = SHA-256(01 {pair[0].hex()} {pair[1].hex()})")
            place, last = place >> 1, last >> 1
        return "" if last else node.hex()

    def step_7(self) -> None:
        for number, found in self.checkpoints.items():
            one, two = f"{CHECKPOINTS}{number}.json", f"{CHECKPOINTS}{number}.sig"
            self.guarded(7, two, lambda: self.signature(7, found["key"], one, two))  # noqa: B023 (at once)

    def step_8(self) -> None:
        tokens = sorted(name for name in self.below(CHECKPOINTS) if name.endswith(".tsr"))
        for number in self.checkpoints:
            if not any(name.startswith(f"{CHECKPOINTS}{number}.") for name in tokens):
                self.shown.append(f"checkpoint {number} has no timestamp: its time is the school's own")
        if tokens and not shutil.which("openssl"):
            self.unchecked.append(f"step 8: {len(tokens)} timestamps (there is no openssl here)")
            return
        for name in tokens:
            self.guarded(8, name, lambda: self.timestamp(name))  # noqa: B023 (called at once)

    def timestamp(self, name: str) -> None:
        """`openssl` finds a token good: by its authority's certificate in the pack, over its checkpoint."""
        number, authority = name[len(CHECKPOINTS) : -len(".tsr")].split(".", 1)
        with tempfile.TemporaryDirectory() as folder:
            place = Path(folder)
            (place / "data").write_bytes(self.read(f"{CHECKPOINTS}{number}.json"))
            (place / "token").write_bytes(self.read(name))
            (place / "roots").write_bytes(self.read(f"{KEYS}tsa/{authority}.pem"))
            # The time is read off the signed part alone: round it stands free text that nobody signed.
            openssl(place, "-reply", "-in", "token", "-token_out", "-out", "signed")
            _, text = openssl(place, "-reply", "-in", "signed", "-token_in", "-text")
            stated = re.search(r"^Time stamp: (\w+ +\d+ \d\d:\d\d:\d\d)(?:\.\d+)? (\d{4}) GMT$", text, re.M)
            if stated is None:
                raise ValueError("it states no time")
            moment = time.strptime(f"{stated[1]} {stated[2]}", "%b %d %H:%M:%S %Y")
            command = ("-verify", "-data", "data", "-in", "token", "-CAfile", "roots")
            holds, said = openssl(place, *command)
            if not holds and "certificate has expired" in said:
                # What counts is that it was valid when it was used; and that is said.
                holds, said = openssl(place, *command, "-attime", str(calendar.timegm(moment)))
                self.shown.append(f"{name}: the authority's certificate has expired since")
        if not holds:
            self.fault(8, name, f"not a timestamp over checkpoint {number} by {authority} ({said[-300:]!r})")
        when = time.strftime("%d %B %Y at %H:%M:%S UTC", moment)
        self.shown.append(f"checkpoint {number} existed on {when}, says {authority}")

    def step_9(self) -> None:
        labels = {each["path"]: each for each in self.facts["derived"]}
        for name in sorted(self.below("data/derived/") ^ set(labels)):
            self.fault(9, name, f"a derived copy without its label in {FACTS}, or a label without a copy")
        for name in sorted(self.below("data/derived/") & set(labels)):
            parent = labels[name]["parent"]
            original = f"data/exhibits/{parent['exhibit']}/{parent['path']}"
            if self.digests.get(original, parent["sha256"]) != parent["sha256"]:
                self.fault(9, name, f"its original {original} is another than its label says")
            if self.digests[name] == parent["sha256"] or not labels[name]["changes"]:
                self.fault(9, name, "its label does not say what was changed")


def openssl(folder: Path, *arguments: str) -> tuple[bool, str]:
    """Whether `openssl ts` ended well, and what it said."""
    command = ("openssl", "ts", *arguments)
    done = subprocess.run(command, cwd=str(folder), stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
    return done.returncode == 0, (done.stdout + done.stderr).decode("utf-8", "replace").strip()


def folder_check(root: Path, trusted_key: str, progress: Callable[[int, int], None]) -> Check:
    """The check of an unpacked pack; what is neither file nor folder is never followed."""
    sizes: dict[str, int] = {}
    waiting = [""]
    while waiting and len(sizes) <= MOST_FILES:
        below = waiting.pop()
        with os.scandir(root / below) as found:
            for each in found:
                if each.is_dir(follow_symlinks=False) and below.count("/") < 16:
                    waiting.append(f"{below}{each.name}/")
                else:
                    plain = each.is_file(follow_symlinks=False)
                    sizes[below + each.name] = each.stat(follow_symlinks=False).st_size if plain else -1
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    return Check(sizes, lambda name: os.fdopen(os.open(root / name, flags), "rb"), trusted_key, progress)


def main(arguments: list[str]) -> int:
    """Check, print, and return the exit code."""
    parser = argparse.ArgumentParser(description="Check an unpacked evidence pack: see VERIFY.md in it.")
    parser.add_argument("folder", nargs="?", default=str(Path(__file__).resolve().parent))
    parser.add_argument("--key", default="", help="the fingerprint of the school's key, from elsewhere")
    parser.add_argument("--arithmetic", action="store_true", help="show every hash of step 6")
    given = parser.parse_args(arguments)
    folder = Path(given.folder)
    if given.key and not re.fullmatch("([: ]*[0-9a-f]){16,64}", given.key.lower()):
        parser.error("a fingerprint is 16 to 64 of the signs 0-9 and a-f")
    try:
        if not folder.is_dir():
            parser.error(f"there is no folder {folder}; unpack the pack first and name its folder")
        check = folder_check(folder, given.key, lambda done, total: None)
        check.run()
    except OSError as error:
        parser.error(f"{error.filename or folder} cannot be read ({error.strerror}); nothing was checked")
    for line in check.arithmetic if given.arithmetic else []:
        say(line)
    for number, words in re.findall(r"^    (\d)\. (.*)$", str(__doc__), re.M):
        wrong = any(fault.step == int(number) for fault in check.faults)
        done = number == "1" or (
            check.digests and not any(f"step {number}" in each for each in check.unchecked)
        )
        say(f"Step {number}: {'FAULT' if wrong else 'holds' if done else 'NOT CHECKED'}: {words}")
    for fault in check.faults:
        say(f"FAULT step {fault.step}: {fault.where}: {fault.detail}")
    if check.faults:
        say(f"{len(check.faults)} faults. This is not the pack that was made, or not all of it.")
        return 1
    for line in check.shown:
        say(f"  {line}")
    for line in check.unchecked:
        say(f"NOT CHECKED: {line}")
    if not given.key:
        say("Compare the key with the one that the school told you in another way (see VERIFY.md):")
        say(f"  {check.fingerprint}")
    return 3 if check.unchecked else 0


def say(line: str) -> None:
    """Print a line; what a pack says of itself must neither end it nor drive the terminal."""
    print(re.sub("[^ -~]", lambda found: ascii(found[0])[1:-1], line))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
