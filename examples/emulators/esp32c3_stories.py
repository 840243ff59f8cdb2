"""Every example on the model of the ESP32-C3, with what it prints checked, and the host tool on what it hands over.

    esp32c3_stories.py FIRMWARE GABION IMAGES

FIRMWARE: a folder of ELF files. GABION: the host tool. IMAGES: the sample images. Prints a line per test, as a Rust test runner does.
"""
import json
import pathlib
import re
import struct
import subprocess
import sys

from esp32c3 import FUSES, Esp32c3
from person import Host, Person, marked, run_tests

SLOT_A, DATA, STORE, ROLLBACK = 0x110000, 0x1d2000, 0x1d4000, 0x1fa000
OWNER = b'seven otters under a bridge'
folder, gabion, samples = map(pathlib.Path, sys.argv[1:4])
host = Host(gabion)


def story(name, *answers, flash=None, **chip):
    """Runs a story; returns what it printed and the chip."""
    chip = Esp32c3(flash, seed=len(name), **chip)
    chip.load(folder / name)
    person, text = Person(chip), ''
    for question, answer in answers:
        text += person.expect(question)
        chip.send(answer + b'\n')
    return text + person.expect(b'done\r\n'), chip


kept = {}


def test_story_provision():
    text, chip = story('provision')
    kept['code'] = re.search(r'^code (\S+)', text, re.M)[1].encode()
    kept['key'], kept['seed'], kept['flash'] = marked(text, 'key'), marked(text, 'seed'), bytes(chip.flash)
    assert len(kept['key']) == 64 and len(kept['seed']) == 32 and 'serial A0764E112233' in text
    text, _ = story('provision', flash=kept['flash'])
    assert 'factory is closed' in text and marked(text, 'key') == kept['key'], 'a second factory'


def test_story_seal():
    text, chip = story('seal', flash=kept['flash'])
    assert 'Neither passphrase nor personal data' in text
    assert b'plums-and-gravel' not in chip.flash
    kept['sealed'] = bytes(chip.flash)


def test_what_was_sealed_needs_the_key_in_the_fuse():
    chip = Esp32c3(kept['sealed'], key=bytes(32))
    chip.load(folder / 'seal')
    said = Person(chip).expect(b'\r\n')
    assert 'FAILED' in said, said


def test_story_login_and_wrong_code():
    text, chip = story('login', (b'label code: ', b'AAAAA-BBBBB-CCCCC'), (b'secret: ', OWNER), flash=kept['flash'])
    assert 'refused' in text and 'You are the owner' not in text
    text, chip = story('login', (b'label code: ', kept['code']), (b'secret: ', OWNER), flash=kept['flash'])
    assert 'You are the owner' in text
    kept['owned'] = bytes(chip.flash)


def test_story_log_is_verified_by_the_host_tool():
    text, _ = story('log', flash=kept['owned'])
    host.check_log(text, kept['key'], kept['seed'])


def test_story_erase_leaves_a_receipt():
    _, chip = story('erase', (b"owner's secret: ", OWNER), flash=kept['owned'])
    assert OWNER not in chip.flash
    text = Person(chip).expect(b'label code: ')
    host.check_receipt(text, kept['key'])


def test_story_lockdown_report():
    text, _ = story('lockdown_report', flash=kept['owned'])
    assert 'debug port    OPEN' in text and 'root key      in hardware' in text and 'closed for good' in text
    for code in ('pad-jtag-open', 'usb-jtag-open', 'secure-boot-off', 'flash-encryption-off', 'download-mode'):
        assert code in text, code
    assert 'key-readable' not in text and 'fuse counter  0 of 16' in text
    # JTAG on the pads and over USB burnt away; three bits of SECURE_VERSION.
    fuses = list(FUSES)
    fuses[1] |= 1 << 9 | 1 << 19
    fuses[4] |= 7 << 14
    text, _ = story('lockdown_report', flash=kept['owned'], fuses=tuple(fuses))
    assert 'debug port    locked' in text and 'jtag-open' not in text and 'fuse counter  3 of 16' in text


def test_no_key_in_a_fuse_no_device():
    readable = (0, 0, 8 << 28, 0, 0, 0)
    for fuses in ((0,) * 6, readable, (0, 1 << 1, 7 << 28, 0, 0, 0)):
        chip = Esp32c3(fuses=fuses)
        chip.load(folder / 'provision')
        said = Person(chip).expect(b'\r\n')
        assert 'FAILED: no root key in a fuse' in said, said
        assert bytes(chip.flash) == b'\xff' * len(chip.flash), 'something was written without a root key'


def test_no_random_source_no_keys():
    for noise in (lambda: 0x5a5a5a5a, lambda: 0):
        chip = Esp32c3()
        chip.noise = noise
        chip.load(folder / 'provision')
        said = Person(chip).expect(b'\r\n')
        assert 'FAILED: random source' in said, said


def test_lost_counters_are_not_begun_again():
    for at in (0x1f8000, 0x1fc000):
        flash = bytearray(kept['flash'])
        flash[at:at + 0x2000] = b'\xff' * 0x2000
        chip = Esp32c3(flash)
        chip.load(folder / 'seal')
        said = Person(chip).expect(b'\r\n')
        assert 'FAILED' in said, said


def counter_page(value):
    rotated = (value << 16 | value >> 16) & 0xffffffff
    return struct.pack('<III', value, ~value & 0xffffffff, 0x31544347 ^ rotated)


def test_verify_boot_gives_each_sample_image_its_verdict():
    index = json.loads((samples / 'index.json').read_text())
    chip = Esp32c3()
    chip.load(folder / 'verify_boot')
    blank, refused, accepted = bytes(chip.flash), 0, 0
    for image in index['images']:
        data, policy = (samples / image['file']).read_bytes(), image['policy']
        if policy['slot_address'] is not None and image['expect'] == 'accept':
            continue
        chip.flash[:] = blank
        chip.program(SLOT_A, data)
        chip.program(ROLLBACK, counter_page(policy['security_counter_min'] or 0))
        chip.power_on()
        said = Person(chip).expect(b'done\r\n')
        verdict = re.search(r'^(accepted|refused): (.*)\r$', said, re.M)
        assert verdict, f"{image['file']}: {said}"
        if image['expect'] != 'accept':
            refused += 1
            assert verdict[1] == 'refused', f"{image['file']}: {said}"
        elif verdict[1] == 'accepted':
            accepted += 1
        else:
            # An image that names no security counter is none for a guarded boot; the host tool says the same.
            assert verdict[2] == 'CounterMissing', f"{image['file']}: {said}"
            done = subprocess.run([gabion, 'image', 'verify', '--pubkey', samples / 'keys/pub_p256_a.pem', '--pubkey',
                                   samples / 'keys/pub_p256_b.pem', '--min-counter', '0', samples / image['file']],
                                  capture_output=True)
            assert done.returncode == 1, f"{image['file']}: {verdict[2]}; the host tool accepts it"
    assert refused >= 10 and accepted >= 2, (refused, accepted)


def test_watchdog_restarts_a_firmware_that_hangs():
    chip = Esp32c3(kept['flash'])
    chip.load(folder / 'device')
    person = Person(chip)
    person.expect(b'> ')
    chip.uc.mem_write(0x40059000, b'\x01\xa0')               # `j .`
    chip.pc, chip.patience = 0x40059000, 3
    person.expect(b'> ')
    assert chip.resets == 1 and chip.reason == 7
    assert 'reset reason  Watchdog' in person.say(b'lockdown')


def test_whole_life_with_the_host_tool():
    chip = Esp32c3(seed=3)
    chip.load(folder / 'device')
    person = Person(chip)
    seed = marked(person.expect(b'> '), 'seed')
    batch = host.work / 'batch'
    host.tool('provision', 'batch', '--count', '1', '--model', 'LAMP-2', '--out', batch)
    code = json.loads((batch / 'labels.ndjson').read_text().splitlines()[0])['secret'].encode()
    key = marked(person.say(b'provision ' + code), 'key')
    assert 'without an owner' in person.say(b'status')
    person.say(b'login', b'label code: ')
    person.say(code, b'secret: ')
    assert 'You are the owner' in person.say(OWNER)
    assert 'Neither' in person.say(b'seal')
    assert 'error: ' in person.say(b'update 100000') and 'error: ' in person.say(b'nonsense')
    assert 'error: ' in person.say(b'x' * 4000)
    chip.power_on()
    person.expect(b'> ')
    assert 'owned' in person.say(b'status')
    host.check_log(person.say(b'log'), key, seed)
    # Factory reset, cut while it erases.
    person.say(b'login', b'secret: ')
    assert 'Logged in' in person.say(OWNER)
    chip.cut_at = chip.flash_ops + 60
    chip.send(b'erase\n')
    assert chip.run(60_000) == 'cut'
    chip.power_on()
    person.expect(b'> ')
    assert 'without an owner' in person.say(b'status')
    host.check_receipt(person.say(b'receipt'), key)
    assert OWNER not in chip.flash and b'plums-and-gravel' not in chip.flash


run_tests('esp32c3', globals())
