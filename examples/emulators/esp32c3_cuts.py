"""Power cuts inside flash operations of the running firmware: `device` commits pairs of numbers and says so after each; the power
fails in the middle of 32 bytes or of a page erase, comes back, fails again, and so on, on one and the same flash.

    esp32c3_cuts.py FIRMWARE [--cuts N] [--seed S] [--jobs J] [--plant]

After each cut the device must start, both numbers must be equal, and nothing that was acknowledged may be lost. `--plant` plants a
mistake: a page of the store is blank after a cut now and then. It must be found.
"""
import argparse
import multiprocessing
import pathlib
import re
import sys
import time

from esp32c3 import PAGE, Esp32c3

STORE = 0x1d4000


def prepare(firmware):
    """A provisioned device that waits at its prompt."""
    chip = Esp32c3(seed=1)
    chip.load(firmware)
    assert chip.run(60_000, until=b'> ') == 'until', chip.out
    chip.send(b'provision\n')
    assert chip.run(60_000, until=b'ok\r\n> ') == 'until', chip.out
    return bytes(chip.flash)


def live(job):
    """One device's life of many cuts; returns the cuts, those inside a start, commits, and what is wrong."""
    firmware, flash, cuts, seed, plant = job
    chip = Esp32c3(flash, seed=seed)
    chip.load(firmware)
    done = in_start = acknowledged = commits = 0
    while done < cuts:
        chip.power_on()
        chip.out.clear()
        chip.cut_at = chip.flash_ops + 1 + chip.random.randrange(chip.random.choice((4, 40, 200)))
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
            chip.program(STORE + PAGE * chip.random.randrange(16), b'\xff' * PAGE)
    return done, in_start, commits, None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('firmware', type=pathlib.Path)
    parser.add_argument('--cuts', type=int, default=500)
    parser.add_argument('--seed', type=int, default=int(time.time()))
    parser.add_argument('--jobs', type=int, default=2)
    parser.add_argument('--plant', action='store_true')
    args = parser.parse_args()
    firmware = args.firmware / 'device'
    flash = prepare(firmware)
    start = time.time()
    share = -(-args.cuts // args.jobs)
    jobs = [(firmware, flash, share, args.seed + n, args.plant) for n in range(args.jobs)]
    with multiprocessing.Pool(args.jobs) as pool:
        lives = pool.map(live, jobs)
    took = time.time() - start
    cuts, in_start, commits = (sum(life[i] for life in lives) for i in range(3))
    broken = [life[3] for life in lives if life[3]]
    print(f'{cuts} power cuts inside flash operations, {in_start} of them while starting, {commits} commits; '
          f'{len(broken)} broken promises; {took:.0f} s, {cuts / took:.0f} cuts/s; seed {args.seed}')
    for why in broken:
        print(why)
    sys.exit(bool(broken))


if __name__ == '__main__':
    main()
