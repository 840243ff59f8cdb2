"""Every example on the model of the nRF52840, with what it prints checked, and the host tool on what it hands over.

    stories.py FIRMWARE_A FIRMWARE_B GABION KEYS IMAGES

FIRMWARE_A and _B: folders of ELF files, `device` linked for slot A and for slot B. GABION: the host tool. KEYS: a folder with
signing.pem. IMAGES: the sample images. Prints a line per test, as a Rust test runner does.
"""
import json
import pathlib
import re
import struct
import subprocess
import sys

from elftools.elf.elffile import ELFFile
from nrf52840 import Nrf52840
from person import Host, Person, marked, run_tests

SLOT_A, SLOT_B, SIZE, ROLLBACK = 0x10000, 0x70000, 0x60000, 0xfa000
OWNER = b'seven otters under a bridge'
folder_a, folder_b, gabion, keys, samples = map(pathlib.Path, sys.argv[1:6])


def binary(elf):
    with open(elf, 'rb') as file:
        parts = sorted((s['p_paddr'], s.data()) for s in ELFFile(file).iter_segments()
                       if s['p_type'] == 'PT_LOAD' and s['p_filesz'])
    start, out = parts[0][0], bytearray()
    for at, data in parts:
        out += b'\xff' * (at - start - len(out)) + data
    return bytes(out)


host = Host(gabion)
tool, work = host.tool, host.work


def signed(folder, version, counter):
    raw, image = work / 'raw.bin', work / f'{folder.name}-{version}.img'
    raw.write_bytes(binary(folder / 'device'))
    tool('image', 'sign', '--key', keys / 'signing.pem', '--version', version, '--pad-header',
         '--security-counter', counter, raw, image)
    return image.read_bytes()


def chip_with(story):
    chip = Nrf52840(seed=11)
    chip.load(folder_a / story)
    return chip


def story(name, *answers, flash=None):
    """Runs a story that needs no boot loader; returns what it printed and the chip."""
    chip = Nrf52840(flash, seed=len(name))
    chip.load(folder_a / name)
    person, text = Person(chip), ''
    for question, answer in answers:
        text += person.expect(question)
        chip.send(answer + b'\n')
    text += person.expect(b'done\r\n')
    assert not chip.opened_debug_port, f'{name} opened the debug port'
    return text, chip


kept = {}


def test_story_provision():
    text, chip = story('provision')
    kept['code'] = re.search(r'^code (\S+)', text, re.M)[1].encode()
    kept['key'], kept['seed'], kept['flash'] = marked(text, 'key'), marked(text, 'seed'), bytes(chip.flash)
    assert len(kept['key']) == 64 and len(kept['seed']) == 32
    text, _ = story('provision', flash=kept['flash'])
    assert 'factory is closed' in text and marked(text, 'key') == kept['key'], 'a second factory'


def test_story_seal():
    text, chip = story('seal', flash=kept['flash'])
    assert 'Neither passphrase nor personal data' in text
    assert b'plums-and-gravel' not in chip.flash[0xd2000:]


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
    text, chip = story('erase', (b"owner's secret: ", OWNER), flash=kept['owned'])
    person = Person(chip)
    text = person.expect(b'label code: ')
    host.check_receipt(text, kept['key'])


def test_story_lockdown_report():
    text, _ = story('lockdown_report', flash=kept['owned'])
    assert 'debug port    locked' in text and 'closed for good' in text
    chip = Nrf52840(kept['owned'], variant=0x41414330)
    chip.load(folder_a / 'lockdown_report')
    assert 'OPEN' in Person(chip).expect(b'done\r\n'), 'an older chip is open from the factory'


def test_no_random_source_no_keys():
    for noise in (lambda: 0x5a, lambda: 0):
        chip = Nrf52840()
        chip.noise = noise
        chip.load(folder_a / 'provision')
        said = Person(chip).expect(b'\r\n')
        assert 'FAILED: random source' in said, said


def counter_page(value):
    rotated = (value << 16 | value >> 16) & 0xffffffff
    return struct.pack('<III', value, ~value & 0xffffffff, 0x31544347 ^ rotated)


def test_boot_loader_gives_each_sample_image_its_verdict():
    index = json.loads((samples / 'index.json').read_text())
    loader = Nrf52840()
    loader.load(folder_a / 'verify_boot')
    refused = 0
    for image in index['images']:
        data, policy = (samples / image['file']).read_bytes(), image['policy']
        if policy['slot_address'] is not None and image['expect'] == 'accept':
            continue
        chip = Nrf52840(loader.flash)
        chip.program(SLOT_A, data)
        chip.program(ROLLBACK, counter_page(policy['security_counter_min'] or 0))
        chip.power_on()
        why = chip.run(5000, stop_at=(SLOT_A, SLOT_B))
        code = chip.kept.get(0x520, 0)
        accept = image['expect'] == 'accept'
        # What the loader was built without is refused: Ed25519, and images that name no security counter.
        if accept and code in (0x80 | 5,):
            assert why != 'idle', f"{image['file']}: {why}"
            continue
        if accept:
            host = subprocess.run([gabion, 'image', 'verify', '--pubkey', samples / 'keys/pub_p256_a.pem', '--pubkey',
                                   samples / 'keys/pub_p256_b.pem', '--min-counter', '0', samples / image['file']],
                                  capture_output=True, text=True)
            assert host.returncode == 1, f"{image['file']}: refused with {code:#x}, the host tool accepts it"
            continue
        refused += 1
        assert why == 'idle' and code < 0x80, f"{image['file']}: {why}, {code:#x}"
    assert refused >= 10, refused


def with_loader():
    chip = Nrf52840(seed=3)
    chip.load(folder_a / 'verify_boot')
    chip.program(SLOT_A, signed(folder_a, '1.0.0', 1))
    chip.power_on()
    return chip


def upload(person, image, until=b'Version', cut_at=None):
    """Answers what the device asks for; returns what it said last."""
    chip = person.chip
    chip.send(b'update %d\n' % len(image))
    if cut_at:
        chip.cut_at = chip.flash_ops + cut_at
    while True:
        line, why = person.hear(b'\n')
        if why == 'cut':
            person.read = len(chip.out)
            return 'cut'
        assert why is None, f'{why}: {bytes(chip.out[-200:])!r}'
        want = re.search(r'want (\d+) (\d+)\r\n$', line)
        if want:
            at, n = map(int, want.groups())
            chip.send(image[at:at + n].hex().encode() + b'\n')
        elif 'error' in line or 'Version' in line or 'waits for its trial' in line:
            return line


def test_whole_life_with_the_host_tool():
    chip = with_loader()
    person = Person(chip)
    seed = marked(person.expect(b'> '), 'seed')
    batch = work / 'batch'
    tool('provision', 'batch', '--count', '1', '--model', 'LAMP-2', '--out', batch)
    label = json.loads((batch / 'labels.ndjson').read_text().splitlines()[0])
    code = label['secret'].encode()
    said = person.say(b'provision ' + code)
    key = marked(said, 'key')
    assert 'version 1.0.0' in person.say(b'status')
    person.say(b'login', b'label code: ')
    person.say(code, b'secret: ')
    assert 'You are the owner' in person.say(OWNER)
    assert 'Neither' in person.say(b'seal')
    # A forged image, an old one, one for the other slot.
    update = signed(folder_b, '1.1.0', 2)
    forged = bytearray(update)
    forged[-8] ^= 1
    assert 'refused' in upload(person, bytes(forged))
    person.expect(b'> ')
    assert 'refused' in upload(person, signed(folder_b, '0.9.0', 0))
    person.expect(b'> ')
    # Install, with the power failing in the middle, and go on where it stopped.
    assert upload(person, update, cut_at=9000) == 'cut'
    chip.power_on()
    person.expect(b'> ')
    said = person.say(b'status')
    assert 'a download stands at' in said, said
    assert 'Version 1.1.0' in upload(person, update)
    person.expect(b'help lists the commands\r\n> ')
    said = person.say(b'status')
    assert 'slot B runs version 1.1.0' in said and 'Trial' in said, said
    # Power fails on trial, three boots pass without a confirmation: the old one runs again.
    for _ in range(3):
        person.read = len(chip.out)
        chip.power_on()
        person.expect(b'> ')
    said = person.say(b'status')
    assert 'slot A runs version 1.0.0' in said and 'Reverted' in said, said
    # Again, confirmed this time.
    newer = signed(folder_b, '1.2.0', 3)
    assert 'Version 1.2.0' in upload(person, newer)
    person.expect(b'help lists the commands\r\n> ')
    assert 'security counter 3' in person.say(b'confirm')
    person.read = len(chip.out)
    chip.power_on()
    person.expect(b'> ')
    said = person.say(b'status')
    assert 'slot B runs version 1.2.0' in said and 'Confirmed' in said, said
    old = signed(folder_a, '2.0.0', 2)
    assert 'refused' in upload(person, old)
    person.expect(b'> ')
    host.check_log(person.say(b'log'), key, seed)
    # Factory reset, cut while it erases.
    person.say(b'login', b'secret: ')
    assert 'Logged in' in person.say(OWNER)
    chip.cut_at = chip.flash_ops + 60
    chip.send(b'erase\n')
    assert chip.run(60_000) == 'cut'
    person.read = len(chip.out)
    chip.power_on()
    person.expect(b'> ')
    assert 'without an owner' in person.say(b'status')
    host.check_receipt(person.say(b'receipt'), key)
    assert OWNER not in chip.flash and b'plums-and-gravel' not in chip.flash[0xd2000:]
    assert not chip.opened_debug_port and chip.uicr[0x208] == 0xff, 'a firmware touched the debug port'


run_tests('nrf52840', globals())
