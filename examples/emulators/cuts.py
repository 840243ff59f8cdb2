"""Power cuts inside flash operations of the running firmware: `device` commits pairs of numbers and says so after each; the power
fails in the middle of a word or of a page erase, comes back, fails again, and so on, on one and the same flash.

    cuts.py FIRMWARE KEYS GABION [--cuts N] [--seed S] [--jobs J] [--plant]

After each cut the device must start, both numbers must be equal, and nothing that was acknowledged may be lost. `--plant` plants a
mistake: the chip takes the last word before a cut back. It must be found.
"""
import argparse
import multiprocessing
import pathlib
import re
import subprocess
import sys
import tempfile
import time

from elftools.elf.elffile import ELFFile
from nrf52840 import Nrf52840

SLOT_A = 0x10000


def prepare(folder, keys, gabion):
    """A provisioned device that waits at its prompt. The boot loader started it; it is no part of what follows: each power cycle
    starts the firmware at the place where the boot loader jumps to."""
    with open(folder / 'device', 'rb') as file:
        parts = sorted((s['p_paddr'], s.data()) for s in ELFFile(file).iter_segments()
                       if s['p_type'] == 'PT_LOAD' and s['p_filesz'])
    raw = bytearray()
    for at, data in parts:
        raw += b'\xff' * (at - parts[0][0] - len(raw)) + data
    with tempfile.TemporaryDirectory() as work:
        plain, image = pathlib.Path(work, 'raw'), pathlib.Path(work, 'image')
        plain.write_bytes(raw)
        subprocess.run([gabion, 'image', 'sign', '--key', keys / 'signing.pem', '--version', '1.0.0', '--pad-header',
                        '--security-counter', '1', plain, image], check=True, capture_output=True)
        data = image.read_bytes()
    chip = Nrf52840(seed=1)
    chip.load(folder / 'verify_boot')
    chip.program(SLOT_A, data)
    chip.power_on()
    assert chip.run(60_000, until=b'> ') == 'until', chip.out
    chip.send(b'provision\n')
    assert chip.run(60_000, until=b'ok\r\n> ') == 'until', chip.out
    return bytes(chip.flash), bytes(chip.uicr)


def live(job):
    """One device's life of many cuts; returns the cuts, those inside a start, commits, and what is wrong."""
    flash, uicr, cuts, seed, plant = job
    chip = Nrf52840(flash, seed=seed)
    chip.uicr[:] = uicr
    # Start behind the boot loader: its decision costs a signature per power cycle and writes nothing here.
    assert chip.run(60_000, stop_at=(SLOT_A, 0x70000)) == 'there'
    chip.uc.mem_write(0x10001000, bytes(uicr))
    at_jump = chip.uc.context_save()
    vector = dict(chip.scs)
    done = in_start = acknowledged = commits = 0
    entry = chip.pc
    while done < cuts:
        chip.power_on()
        chip.uc.context_restore(at_jump)
        chip.scs, chip.pc = dict(vector), entry
        chip.out.clear()
        chip.cut_at = chip.flash_ops + 1 + chip.random.randrange(chip.random.choice((4, 60, 400)))
        why = chip.run(600_000, until=b'> ')
        if why == 'until':
            chip.send(b'soak 1000000\n')
            why = chip.run(600_000)
        said = bytes(chip.out)
        if why != 'cut':
            return done, in_start, commits, f'after cut {done} (seed {seed}): {why}: {said[-200:]!r}'
        done += 1
        found = re.search(rb'found (\d+) (\d+)\r\n', said)
        if found:
            a, b = map(int, found.groups())
            if a != b:
                return done, in_start, commits, f'cut {done} (seed {seed}): half a commit: {a} {b}'
            if a < acknowledged:
                return done, in_start, commits, f'cut {done} (seed {seed}): {acknowledged} was acknowledged, {a} is there'
            acknowledged = a
        else:
            in_start += 1
        for number in re.findall(rb'stored (\d+)\r\n', said):
            acknowledged, commits = max(acknowledged, int(number)), commits + 1
        if plant and done % 5 == 4:
            page = 0xd4000 + 4096 * chip.random.randrange(16)
            chip.program(page, b'\xff' * 4096)
    return done, in_start, commits, None


def main():
    parser = argparse.ArgumentParser()
    for name in ('firmware', 'keys', 'gabion'):
        parser.add_argument(name, type=pathlib.Path)
    parser.add_argument('--cuts', type=int, default=500)
    parser.add_argument('--seed', type=int, default=int(time.time()))
    parser.add_argument('--jobs', type=int, default=2)
    parser.add_argument('--plant', action='store_true')
    args = parser.parse_args()
    flash, uicr = prepare(args.firmware, args.keys, args.gabion)
    start = time.time()
    share = -(-args.cuts // args.jobs)
    jobs = [(flash, uicr, share, args.seed + n, args.plant) for n in range(args.jobs)]
    with multiprocessing.Pool(args.jobs) as pool:
        lives = pool.map(live, jobs)
    took = time.time() - start
    cuts, in_start, commits = (sum(life[i] for life in lives) for i in range(3))
    broken = [life[3] for life in lives if life[3]]
    print(f'{cuts} power cuts inside NVMC operations, {in_start} of them while starting, {commits} commits; '
          f'{len(broken)} broken promises; {took:.0f} s, {cuts / took:.0f} cuts/s; seed {args.seed}')
    for why in broken:
        print(why)
    sys.exit(bool(broken))


if __name__ == "__main__":
    main()
