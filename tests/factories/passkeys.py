"""A passkey in software: it does what a browser and its authenticator do, byte by byte."""

from __future__ import annotations

import hashlib
import html
import json
import os
import re
import struct
from typing import Any
from urllib.parse import urlsplit

from allauth.mfa.webauthn.internal.auth import WebAuthn
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2 import cbor
from fido2.cose import ES256
from fido2.utils import websafe_decode, websafe_encode

from accounts.models import User

_PRESENT, _VERIFIED, _ATTESTED = 0x01, 0x04, 0x40


class Passkey:
    """One credential of one account at ``origin``. Questions and answers are the JSON a page handles."""

    def __init__(self, origin: str = "http://localhost") -> None:
        self.origin = origin
        self.id = os.urandom(32)
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._uses = 0

    def create(self, question: str) -> str:
        """Answer ``navigator.credentials.create``."""
        asked = json.loads(question)["publicKey"]
        public = cbor.encode(ES256.from_cryptography_key(self._key.public_key()))
        attested = bytes(16) + struct.pack(">H", len(self.id)) + self.id + public
        data = self._data(asked["rp"]["id"], _PRESENT | _VERIFIED | _ATTESTED) + attested
        attestation = cbor.encode({"fmt": "none", "attStmt": {}, "authData": data})
        return self._answer(self._client_data("create", asked), attestationObject=attestation)

    def get(self, question: str) -> str:
        """Answer ``navigator.credentials.get``."""
        asked = json.loads(question)["publicKey"]
        self._uses += 1
        data, client = self._data(asked["rpId"], _PRESENT | _VERIFIED), self._client_data("get", asked)
        signature = self._key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        return self._answer(client, authenticatorData=data, signature=signature)

    def _client_data(self, kind: str, asked: dict[str, Any]) -> bytes:
        said = {"type": f"webauthn.{kind}", "challenge": asked["challenge"], "origin": self.origin}
        assert websafe_decode(asked["challenge"])
        return json.dumps(said).encode()

    def _data(self, rp_id: str, flags: int) -> bytes:
        return hashlib.sha256(rp_id.encode()).digest() + struct.pack(">BI", flags, self._uses)

    def _answer(self, client_data: bytes, **parts: bytes) -> str:
        named = {name: websafe_encode(part) for name, part in {"clientDataJSON": client_data, **parts}.items()}
        name = websafe_encode(self.id)
        return json.dumps(
            {"id": name, "rawId": name, "type": "public-key", "response": named, "clientExtensionResults": {}}
        )


def give_passkey(user: User, *, origin: str = "http://localhost") -> Passkey:
    """A passkey that ``user`` registered earlier."""
    passkey = Passkey(origin)
    host = str(urlsplit(origin).hostname)
    question = {"publicKey": {"rp": {"id": host}, "challenge": websafe_encode(os.urandom(32))}}
    WebAuthn.add(user, "Laptop", json.loads(passkey.create(json.dumps(question))))
    return passkey


def question_on(page: str, kind: str) -> str:
    """What a page asks of a passkey: ``create`` or ``get``."""
    found = re.search(rf'data-passkey="{kind}"\s+data-question="([^"]*)"', page)
    assert found, f"the page asks no passkey to {kind}"
    return html.unescape(found[1])
