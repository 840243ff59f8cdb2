"""Writes pycose.json: messages of pycose 1.1.0, for tests/interop.rs. Run: python3 make_pycose.py > pycose.json"""
import json
from binascii import hexlify

import cbor2
from pycose.headers import Algorithm, IV, KID
from pycose.algorithms import A256GCM, Es256, HMAC256, HMAC25664
from pycose.keys import EC2Key, SymmetricKey
from pycose.keys.curves import P256
from pycose.messages import Enc0Message, Mac0Message, Sign1Message
from cryptography.hazmat.primitives.asymmetric import ec

numbers = ec.derive_private_key(int.from_bytes(bytes([0x51]) * 32, "big"), ec.SECP256R1())
public = numbers.public_key().public_numbers()
x, y = (value.to_bytes(32, "big") for value in (public.x, public.y))
signer = EC2Key(crv=P256, x=x, y=y, d=bytes([0x51]) * 32)
shared = SymmetricKey(k=bytes([0x77]) * 32)
external = b"context"


def text(data):
    return hexlify(data).decode()


messages = []
for length in (0, 23, 24, 256):
    payload = bytes([0xAA]) * length
    for kind in ("sign1", "sign1-detached", "mac0", "mac0-64", "encrypt0"):
        unprotected = {KID: b"11"}
        if kind.startswith("sign1"):
            message = Sign1Message(phdr={Algorithm: Es256}, uhdr=unprotected, payload=payload)
            message.key = signer
        elif kind.startswith("mac0"):
            algorithm = HMAC25664 if kind.endswith("64") else HMAC256
            message = Mac0Message(phdr={Algorithm: algorithm}, uhdr=unprotected, payload=payload)
            message.key = shared
        else:
            unprotected[IV] = bytes([5]) * 12
            message = Enc0Message(phdr={Algorithm: A256GCM}, uhdr=unprotected, payload=payload)
            message.key = shared
        message.external_aad = external
        if kind == "sign1-detached":
            tagged = cbor2.loads(message.encode())
            parts = list(tagged.value)
            parts[2] = None
            encoded = cbor2.dumps(cbor2.CBORTag(tagged.tag, parts), canonical=True)
        else:
            encoded = message.encode()
        messages.append({"kind": kind, "payload": text(payload), "message": text(encoded)})

key = cbor2.dumps({1: 2, 3: -7, -1: 1, -2: x, -3: y})
print(json.dumps({"key": text(key), "shared": text(bytes([0x77]) * 32), "external": text(external),
                  "messages": messages}, indent=1))
