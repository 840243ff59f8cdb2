"""Power cuts inside flash operations of the running firmware `cuts`: it starts, says what its store holds, and commits for ever; the
power fails in the middle of a word or of a page erase, comes back, fails again, and so on, on one and the same flash.

    cuts.py FIRMWARE [--cuts N] [--seed S] [--jobs J] [--plant]

A life begins on a blank chip and has a thousand cuts. After each cut the device must start, and its whole store must be that of the
last number that it acknowledged or of the one after it: nothing lost, nothing stale, no half commit, no garbage. `--plant` plants two
mistakes, one after the other: a firmware that acknowledges before it has stored, and a page of the store that is blank after a cut
now and then. Each must be found.
"""
import argparse
import ctypes
import multiprocessing
import pathlib
import re
import sys
import time

from nrf52840 import *

DATA = 0xd0000            # what firmware writes: journal, store, log, counters, root key
ROOT_KEY = 0xff000        # a mapping of its own, so that guarding it splits none
STORE, STORE_PAGES = 0xd4000, 6
LIFE = 1000               # cuts in a life
PATIENCE = 10_000_000     # microseconds of the host: whoever takes longer hangs


class Board(Nrf52840):
    """The chip for firmware without interrupts, at the full speed of the emulator: no clock, no slices. Flash is memory of the
    host, so that a power cycle costs a copy of the RAM and nothing is translated twice."""

    def __init__(self, firmware, seed):
        self.memory = ctypes.create_string_buffer(b'\xff' * FLASH, FLASH)
        self.erase_cut = self.cut_in_erase = False
        super().__init__(seed=seed)
        self.load(firmware)

    def _make(self, variant):
        super()._make(variant)
        self.uc.mem_unmap(0, FLASH)
        start = ctypes.addressof(self.memory)
        for at, end, rights in ((0, DATA, UC_PROT_READ | UC_PROT_EXEC), (DATA, ROOT_KEY, UC_PROT_READ), (ROOT_KEY, FLASH, UC_PROT_READ)):
            self.uc.mem_map_ptr(at, end - at, rights, start + at)
        self.flash = memoryview(self.memory).cast('B')
        self.fresh = self.uc.context_save()

    def program(self, at, data):
        self.flash[at:at + len(data)] = data

    def _read(self, uc, offset, size, base):
        if base + offset == RNG + 0x100:              # each start draws a thousand bytes for the health tests
            return 1
        if base + offset == RNG + 0x508:
            return self.random.getrandbits(8)
        return super()._read(uc, offset, size, base)

    def _store(self, at, data):
        if at < FLASH:
            self.flash[at:at + len(data)] = data
        else:
            super()._store(at, data)

    def _erase(self, at):
        if self.erase_cut:
            self.cut_at = self.flash_ops + 1
        super()._erase(at)
        self.cut_in_erase = self.cut

    def blank(self):
        """A new chip with the same firmware."""
        self.flash[DATA:] = b'\xff' * (FLASH - DATA)
        self.writes[:] = bytes(FLASH // 4)

    def live(self, plant):
        """Power comes, the firmware runs until the power fails; returns why it ended."""
        self.power_on()
        self.kept[0x51c] = int(plant)
        self.out.clear()
        self.cut_in_erase, self.restarts = False, 0
        while True:
            try:
                self.uc.emu_start(self.pc | 1, 0xFFFFFFFE, PATIENCE, 0)
            except UcError as error:
                return self.fault or f'{error} at {self.uc.reg_read(UC_ARM_REG_PC):#x}'
            if self.cut:
                return 'cut'
            if not self.want_reset:
                return self.fault or 'it stopped by itself, or hangs'
            self.restarts += 1                        # the first start of a chip writes its UICR, and restarts
            if self.restarts > 3:
                return 'it restarts again and again'
            self._reset()


LONGEST = (12, 32, 63, 240)


def after(number, before):
    """What the store holds after the commit of a number: the same function as `commit` in `src/cuts.rs`."""
    def value(key, length):
        return (number.to_bytes(4, 'little') + bytes(number * 31 + key * 7 + at & 0xff for at in range(4, length)))[:length]

    mixed = number * 0x9e3779b1 & M32
    mixed ^= mixed >> 15
    held = {**before, 0: value(0, 12)}
    for place in range(3):
        key, draw = place + 1, mixed >> 12 + 5 * place & 31
        if mixed >> 8 + place & 1:
            held[key] = value(key, draw * (LONGEST[key] - 5) // 31 + 5)
            if draw < 4:
                del held[key]
    return held


class Life:
    """What must be true of one device from its first power on."""

    def __init__(self):
        self.acknowledged, self.held = 0, {}
        self.in_start = self.commits = 0

    def hear(self, said):
        """Judges what was said between power on and cut; returns what is wrong with it."""
        if b'FAILED' in said:
            return said.decode(errors='replace').strip()
        ready = re.search(rb'^ready (\d+)\r\n', said, re.M)
        if not ready:
            self.in_start += 1
            return None
        found = {int(key): bytes.fromhex(value.decode())
                 for key, value in re.findall(rb'^holds (\d) ([0-9a-f]*)\r\n', said[:ready.start()], re.M)}
        number = int(ready[1])
        if number == self.acknowledged + 1:
            self.move_to(number)
        if number != self.acknowledged:
            return f'{self.acknowledged} was acknowledged, {number} is there'
        if found != self.held:
            return f'the store of {number} should hold {self.held}, it holds {found}'
        for done in re.findall(rb'^done (\d+)\r\n', said, re.M):
            if int(done) != self.acknowledged + 1:
                return f'{int(done)} was acknowledged after {self.acknowledged}'
            self.move_to(int(done))
            self.commits += 1
        return None

    def move_to(self, number):
        self.acknowledged, self.held = number, after(number, self.held)


def live(job):
    """Lives of many cuts; returns the cuts, those inside a start, those inside an erase, commits, and what is wrong."""
    firmware, cuts, seed, plant = job
    board, life = Board(firmware, seed), None
    done = in_start = in_erase = commits = 0
    while done < cuts:
        if life is None or done % LIFE == 0:
            if life:
                in_start, commits = in_start + life.in_start, commits + life.commits
            board.blank()
            life = Life()
        kind = board.random.randrange(8)
        board.erase_cut = kind == 0                   # in the next erase, should one come soon
        operations = board.random.randrange(*((600, 900), (1, 2), (1, 5), (1, 5), (1, 60), (1, 60), (1, 150), (1, 300))[kind])
        board.cut_at = board.flash_ops + operations
        why = board.live(plant == 'early')
        wrong = life.hear(bytes(board.out)) or (None if why == 'cut' else why)
        if wrong:
            in_start, commits = in_start + life.in_start, commits + life.commits
            return done, in_start, in_erase, commits, f'after cut {done} (seed {seed}): {wrong}'
        done += 1
        in_erase += board.cut_in_erase
        if plant == 'blank' and done % 5 == 4:
            board.program(STORE + PAGE * board.random.randrange(STORE_PAGES), b'\xff' * PAGE)
    return done, in_start + life.in_start, in_erase, commits + life.commits, None


def run(args, plant=None):
    """Runs all lives and says what came of them; returns what is wrong."""
    start, share = time.time(), -(-args.cuts // args.jobs)
    jobs = [(args.firmware / 'cuts', share, args.seed + n, plant) for n in range(args.jobs)]
    with multiprocessing.Pool(args.jobs) as pool:
        lives = pool.map(live, jobs)
    took = time.time() - start
    cuts, in_start, in_erase, commits = (sum(life[i] for life in lives) for i in range(4))
    broken = [life[4] for life in lives if life[4]]
    print(f'{cuts} power cuts inside NVMC operations, {in_erase} of them inside a page erase, {in_start} while starting, {commits} '
          f'commits; {len(broken)} broken promises; {took:.0f} s, {cuts / took:.0f} cuts/s; seed {args.seed}', flush=True)
    for why in broken:
        print(why[:600])
    return broken


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('firmware', type=pathlib.Path)
    parser.add_argument('--cuts', type=int, default=500)
    parser.add_argument('--seed', type=int, default=int(time.time()))
    parser.add_argument('--jobs', type=int, default=2)
    parser.add_argument('--plant', action='store_true')
    args = parser.parse_args()
    if args.plant:
        missed = [plant for plant in ('early', 'blank') if not run(args, plant)]
        sys.exit(f'nobody noticed: {missed}' if missed else 0)
    sys.exit(bool(run(args)))


if __name__ == '__main__':
    main()
