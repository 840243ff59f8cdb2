"""What a person at the serial port does, what the host tool makes of it, and a runner of tests that prints as Rust's does."""
import base64
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import traceback


class Host:
    """The host tool, and a folder for what it reads and writes."""

    def __init__(self, gabion):
        self.gabion = gabion
        self.work = pathlib.Path(tempfile.mkdtemp(prefix='gabion-stories-'))

    def tool(self, *words, ok=True):
        done = subprocess.run([self.gabion, *map(str, words)], capture_output=True, text=True)
        assert (done.returncode == 0) == ok, f'gabion {words[0]} {words[1]}: {done.returncode} {done.stderr}'
        return done.stdout + done.stderr

    def check_log(self, text, key, seed):
        bundle, public = self.work / 'log.bundle', self.work / 'device.pem'
        bundle.write_bytes(marked(text, 'bundle'))
        public.write_text(pem(key))
        assert 'sound' in self.tool('log', 'verify', bundle, '--pubkey', public, '--seed', seed.hex())
        forged = bytearray(bundle.read_bytes())
        forged[len(forged) // 2] ^= 1
        bundle.write_bytes(forged)
        self.tool('log', 'verify', bundle, '--pubkey', public, '--seed', seed.hex(), ok=False)

    def check_receipt(self, text, key):
        receipt, public = self.work / 'reset.receipt', self.work / 'device.pem'
        receipt.write_bytes(marked(text, 'receipt'))
        public.write_text(pem(key))
        self.tool('erase', 'verify', receipt, '--pubkey', public)


class Person:
    """Somebody at the serial port."""

    def __init__(self, chip):
        self.chip, self.read = chip, len(chip.out)

    def hear(self, text, ms=120_000):
        """Reads up to a text; returns what was said, or why it did not come."""
        why = 'until'
        while True:
            at = self.chip.out.find(text, self.read)
            if at >= 0:
                said = self.chip.out[self.read:at + len(text)]
                self.read = at + len(text)
                return said.decode(), None
            if why != 'until':
                return bytes(self.chip.out[self.read:]).decode(errors='replace'), why
            why = self.chip.run(ms, until=text)

    def expect(self, text, ms=120_000):
        said, why = self.hear(text, ms)
        assert why is None, f'waited for {text!r}, got {why}: {said[-300:]!r}'
        return said

    def say(self, line, until=b'> '):
        self.chip.send(line + b'\n')
        return self.expect(until)


def marked(text, mark):
    return bytes.fromhex(''.join(re.findall(rf'^{mark} ([0-9a-f]+)\r?$', text, re.M)))


def pem(raw):
    der = bytes.fromhex('3059301306072a8648ce3d020106082a8648ce3d030107034200') + b'\4' + raw
    text = base64.b64encode(der).decode()
    lines = [text[at:at + 64] for at in range(0, len(text), 64)]
    return '\n'.join(['-----BEGIN PUBLIC KEY-----', *lines, '-----END PUBLIC KEY-----', ''])


def run_tests(board, names):
    """Runs what is called `test_…`; ends the process."""
    tests = [(name[5:], body) for name, body in names.items() if name.startswith('test_')]
    print(f'running {len(tests)} tests', flush=True)
    failed = 0
    for name, body in tests:
        start = time.time()
        try:
            body()
            outcome = 'ok'
        except Exception as error:                      # a failed test must not hide those after it
            failed += 1
            line = traceback.extract_tb(error.__traceback__)[1]
            outcome = f'FAILED: {type(error).__name__} at line {line.lineno} `{line.line}`: {error}'
        print(f'test {board}::{name} ... {outcome}', flush=True)
        print(f'  {time.time() - start:.1f} s', file=sys.stderr, flush=True)
    sys.exit(failed > 0)
