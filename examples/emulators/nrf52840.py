"""A thin model of the nRF52840 on unicorn: what embassy-nrf's drivers touch, no more.

Core Cortex-M4F with NVIC; flash behind NVMC with NOR semantics, two writes a word, the access lists, and power that fails inside an
operation; UICR, FICR; CLOCK, POWER, APPROTECT; RNG; RTC0-2; WDT; UARTE with EasyDMA in both directions. Registers by the product
specification; a write that the chip would not take ends the run as a fault instead of passing.

What it is not: no cycle accuracy (an instruction is a cycle), no analog part, no bus faults inside the firmware (they end the run), no
TIMER, PPI, radio or USB. Bytes to the serial port wait until the firmware asks for them, as with flow control.
"""
import random
import struct

from elftools.elf.elffile import ELFFile
from unicorn import *
from unicorn.arm_const import *

FLASH, PAGE, RAM, HZ = 0x100000, 4096, 0x40000, 64_000_000
FICR, UICR = 0x10000000, 0x10001000
CLOCK_POWER, UARTES, RNG, WDT, NVMC = 0x40000000, (0x40002000, 0x40028000), 0x4000D000, 0x40010000, 0x4001E000
RTCS = (0x4000B000, 0x40011000, 0x40024000)
NEVER = 1 << 62
SLICE = 4_000       # instructions between two looks at the clock, at most
M32 = 0xFFFFFFFF
REGISTERS = {'r0': UC_ARM_REG_R0, 'pc': UC_ARM_REG_PC, 'lr': UC_ARM_REG_LR}


class Nrf52840:
    def __init__(self, flash=None, seed=1, count=False, variant=0x41414630):
        """A chip without power. `count` counts instructions and their time exactly, at a tenth of the speed."""
        self.random = random.Random(seed)
        self.flash, self.uicr = bytearray(flash or b'\xff' * FLASH), bytearray(b'\xff' * PAGE)
        self.writes = bytearray(FLASH // 4)           # of each word since its page was erased
        self.cycles = self.insns = self.resets = self.flash_ops = 0
        self.cut_at, self.cut, self.watch = None, False, None
        self.kept = {}                                # registers that a reset by software keeps
        self.out, self.input = bytearray(), bytearray()
        self.opened_debug_port = False
        self.counting = count
        self._make(variant)
        self.power_on()

    def load(self, path):
        """Writes the loadable parts of an ELF into the flash, as a programmer does."""
        with open(path, 'rb') as file:
            for part in ELFFile(file).iter_segments():
                if part['p_type'] == 'PT_LOAD' and part['p_filesz'] and part['p_paddr'] < FLASH:
                    self.program(part['p_paddr'], part.data())
        self.power_on()

    def program(self, at, data):
        """Writes bytes into the flash from outside."""
        self.flash[at:at + len(data)] = data
        self.uc.mem_write(at, bytes(data))

    # ---- power and reset ----------------------------------------------------------------------------------------------

    def _make(self, variant):
        u = self.uc = Uc(UC_ARCH_ARM, UC_MODE_THUMB | UC_MODE_MCLASS)
        u.ctl_set_cpu_model(UC_CPU_ARM_CORTEX_M4)
        u.mem_map(0, FLASH, UC_PROT_READ | UC_PROT_EXEC)
        u.mem_write(0, bytes(self.flash))
        u.mem_map(FICR, PAGE, UC_PROT_READ)
        u.mem_write(FICR, b'\xff' * PAGE)
        for at, value in ((0x10, PAGE), (0x14, 256), (0x60, 0x11223344), (0x64, 0x55667788), (0x100, 0x52840),
                          (0x104, variant), (0x108, 0x2004), (0x10c, 256), (0x110, 1024)):
            u.mem_write(FICR + at, struct.pack('<I', value))
        u.mem_map(UICR, PAGE, UC_PROT_READ)
        u.mem_write(UICR, bytes(self.uicr))
        u.mem_map(0x20000000, RAM)
        u.mmio_map(0x40000000, 0x40000, self._read, 0x40000000, self._write, 0x40000000)
        u.mmio_map(0x50000000, PAGE, self._read, 0x50000000, self._write, 0x50000000)
        u.mmio_map(0xE0000000, 0x100000, self._scs_read, None, self._scs_write, None)
        u.hook_add(UC_HOOK_MEM_WRITE_PROT, self._program_word)
        u.hook_add(UC_HOOK_MEM_READ_PROT, self._read_guarded)
        u.hook_add(UC_HOOK_INTR, self._interrupt)
        if self.counting:
            u.hook_add(UC_HOOK_BLOCK, self._block)
        self.fresh = u.context_save()
        self.guards = []

    def power_on(self):
        """Power comes: nothing but the flash is left."""
        self.kept, self.watch, self.input = {}, None, bytearray()
        self.cut, self.reasons = False, 0
        self._reset(b'\xa5' * RAM)

    def _reset(self, ram=None):
        u = self.uc
        u.context_restore(self.fresh)
        if ram:
            u.mem_write(0x20000000, ram)
        for start, size in self.guards:
            u.mem_protect(start, size, UC_PROT_READ | UC_PROT_EXEC)
        self.guards, self.fault = [], None
        self.reg = {CLOCK_POWER + 0x550: M32}
        self.scs, self.inten, self.enabled, self.active, self.pended = {}, {}, set(), [], set()
        self.rtc, self.rng_at, self.rx = {}, NEVER, {}
        self.want_reset, self.leaving, self.calling, self.next_event = False, None, False, 0
        u.reg_write(UC_ARM_REG_MSP, self._load(0))
        u.reg_write(UC_ARM_REG_LR, M32)
        self.pc = self._load(4) & ~1

    def _load(self, at):
        return struct.unpack('<I', self.uc.mem_read(at, 4))[0]

    def snapshot(self):
        """Everything that `restore` needs to go on from here, any number of times."""
        plain = {k: v for k, v in self.__dict__.items() if k not in ('uc', 'fresh', 'random')}
        copied = {k: self._copy(v) for k, v in plain.items()}
        return self.uc.context_save(), bytes(self.uc.mem_read(0x20000000, RAM)), copied, self.random.getstate()

    def restore(self, state):
        context, ram, copied, randomness = state
        for start, size in self.guards:
            self.uc.mem_protect(start, size, UC_PROT_READ | UC_PROT_EXEC)
        now = self.flash
        for key, value in copied.items():
            self.__dict__[key] = self._copy(value)
        for at in range(0, FLASH, PAGE):              # only pages that differ: the others keep their translated code
            if now[at:at + PAGE] != self.flash[at:at + PAGE]:
                self.uc.mem_write(at, bytes(self.flash[at:at + PAGE]))
        self.uc.mem_write(UICR, bytes(self.uicr))
        for start, size in self.guards:
            self.uc.mem_protect(start, size, UC_PROT_NONE)
        self.uc.mem_write(0x20000000, ram)
        self.uc.context_restore(context)
        self.random.setstate(randomness)

    @staticmethod
    def _copy(value):
        if isinstance(value, dict):
            return {k: dict(v) if isinstance(v, dict) else v for k, v in value.items()}
        return type(value)(value) if isinstance(value, (bytearray, list, set)) else value

    # ---- flash --------------------------------------------------------------------------------------------------------

    def _operation(self):
        """One more step that outlives the power; says whether the power fails in it."""
        self.flash_ops += 1
        if self.cut_at is not None and self.flash_ops >= self.cut_at:
            self.cut, self.cut_at = True, None
            self.uc.emu_stop()
        return self.cut

    def _store(self, at, data):
        if at < FLASH:
            self.flash[at:at + len(data)] = data
        else:
            self.uicr[at - UICR:at - UICR + len(data)] = data
        self.uc.mem_write(at, bytes(data))

    def _stop(self, why):
        self.fault = self.fault or why
        self.uc.emu_stop()
        return False

    def _is_guarded(self, at, bit):
        for n in range(8):
            start, size, perm = (self.reg.get(NVMC + 0x800 + 16 * n + 4 * i, 0) for i in range(3))
            if start <= at < start + size and perm & bit:
                return True
        return False

    def _read_guarded(self, uc, access, at, size, value, _):
        return self._stop(f'read of guarded flash at {at:#x}')

    def _program_word(self, uc, access, at, size, value, _):
        if not (at < FLASH or UICR <= at < UICR + PAGE):
            return self._stop(f'write to read-only memory at {at:#x}')
        if self.reg.get(NVMC + 0x504, 0) & 3 != 1 or size != 4 or at & 3:
            return self._stop(f'flash write without WEN or not of a word: {at:#x}, {size} bytes')
        if at < FLASH:
            if self._is_guarded(at, 2):
                return self._stop(f'write to guarded flash at {at:#x}')
            self.writes[at // 4] += 1
            if self.writes[at // 4] > 2:
                return self._stop(f'word at {at:#x} written {self.writes[at // 4]} times without an erase')
        elif at == UICR + 0x208 and value & 0xff == 0x5a:
            self.opened_debug_port = True
        old = self.uc.mem_read(at, 4)
        new = bytes(o & n for o, n in zip(old, struct.pack('<I', value & M32)))
        if self._operation():                         # any subset of the bits that would have changed
            new = bytes(o & (n | self.random.getrandbits(8)) for o, n in zip(old, new))
        else:
            self.cycles += 41 * HZ // 1_000_000
        self._store(at, new)
        return True

    def _erase(self, at):
        page = at & ~(PAGE - 1)
        if self.reg.get(NVMC + 0x504, 0) & 3 != 2:
            return self._stop('ERASEPAGE without EEN')
        if self._is_guarded(page, 2):
            return self._stop(f'erase of guarded flash at {page:#x}')
        old, r = self.flash[page:page + PAGE], self.random
        if self._operation():
            kind, edge = r.randrange(6), r.randrange(PAGE)
            noise = r.randbytes(PAGE)
            new = (bytes(old),                                             # not begun
                   b'\xff' * edge + bytes(old[edge:]),                      # some of it
                   bytes(o | n for o, n in zip(old, noise)),               # some of the bits
                   b'\0' * edge + bytes(old[edge:]),                       # pre-programming to zero
                   bytes(o & n for o, n in zip(old, noise)),
                   noise)[kind]
        else:
            self.cycles += 85 * HZ // 1000
            new = b'\xff' * PAGE
        self.writes[page // 4:(page + PAGE) // 4] = bytes(PAGE // 4)
        self._store(page, new)

    # ---- peripherals: TASKS 000, EVENTS 100, SHORTS 200, INTEN 300, INTENSET 304, INTENCLR 308 --------------------------

    def _read(self, uc, offset, size, base):
        at = base + offset
        unit, o = at & ~0xfff, at & 0xfff
        if unit == NVMC and o in (0x400, 0x408):
            return 1
        if unit == RNG and o == 0x100 and not self.reg.get(at) and self.rng_at < NEVER:
            self.cycles = max(self.cycles, self.rng_at)          # whoever looks for a byte waits for it
            self.reg[at], self.rng_at = 1, self.cycles + 8000
            return 1
        if unit == RNG and o == 0x508:
            return self.noise() if hasattr(self, 'noise') else self.random.getrandbits(8)
        if unit < 0x50000000 and o in (0x304, 0x308):
            return self.inten.get(unit, 0)
        if unit in RTCS and o == 0x504:
            return self._rtc_now(unit)
        if unit == CLOCK_POWER:
            if o == 0x400:
                return self.reasons
            if o in (0x40c, 0x418):
                return 0x10001 if o == 0x40c else 0x10000
            if o in (0x51c, 0x520):
                return self.kept.get(o, 0)
        if unit == WDT and o == 0x400:
            return int(self.watch is not None)
        return self.reg.get(at, 0)

    def _write(self, uc, offset, size, value, base):
        at = base + offset
        unit, o = at & ~0xfff, at & 0xfff
        if unit >= 0x50000000:
            self.reg[at] = value
        elif o in (0x300, 0x304, 0x308):
            old = self.inten.get(unit, 0)
            self.inten[unit] = (value, old | value, old & ~value)[(o - 0x300) // 4]
            self._look()
        elif unit == NVMC and o in (0x508, 0x50c):
            self._erase(value)
        elif unit == NVMC and o >= 0x800:
            self._guard(at, value)
        elif unit == CLOCK_POWER and o in (0x000, 0x008):
            self._event(unit, 0x100 if o == 0 else 0x104)
        elif unit == CLOCK_POWER and o == 0x400:
            self.reasons &= ~value
        elif unit == CLOCK_POWER and o in (0x51c, 0x520):
            self.kept[o] = value & 0xff
        elif unit == RNG and o in (0, 4):
            self.rng_at = self.cycles + 8000 if o == 0 else NEVER
            self._look()
        elif unit == WDT and (o == 0 or 0x600 <= o < 0x620):
            if o == 0 or value == 0x6E524635:
                self.watch = self.cycles + (self.reg.get(WDT + 0x504, M32) + 1) * HZ // 32768
            self._look()
        else:
            if unit == CLOCK_POWER and o == 0x558 and value & 0xff == 0x5a:
                self.opened_debug_port = True
            self.reg[at] = value
            if unit in UARTES:
                self._uarte(unit, o, value)
            elif unit in RTCS:
                self._rtc_write(unit, o, value)

    def _guard(self, at, value):
        if self.reg.get(at):
            return                                     # an entry that is set stays until the reset
        self.reg[at] = value
        start, size, perm = (self.reg.get((at & ~15) + 4 * i, 0) for i in range(3))
        if at & 15 == 8 and perm & 4 and size:
            self.guards.append((start, size))
            self.uc.mem_protect(start, size, UC_PROT_NONE)

    def _event(self, unit, o):
        self.reg[unit + o] = 1
        if self.inten.get(unit, 0) >> (o - 0x100) // 4 & 1:
            self._look()

    def _look(self):
        """Something changed that may interrupt. The run looks at the end of its slice: stopping unicorn from within an access
        would make it repeat the instruction."""
        self.next_event = 0

    def _uarte(self, unit, o, value):
        if o == 0x008 and value:
            at, n = self.reg.get(unit + 0x544, 0), self.reg.get(unit + 0x548, 0)
            if not 0x20000000 <= at <= 0x20000000 + RAM - n:
                return self._stop(f'EasyDMA from {at:#x}, which is not RAM')
            self.out += self.uc.mem_read(at, n)
            self.reg[unit + 0x54c] = n
            for event in (0x150, 0x120, 0x11c):
                self._event(unit, event)
        elif o == 0x00c and value:
            self._event(unit, 0x158)
        elif o == 0x000 and value:
            self.rx[unit] = [self.reg.get(unit + 0x534, 0), self.reg.get(unit + 0x538, 0), 0]
            self._event(unit, 0x14c)
            self._receive()
        elif o == 0x004 and value:
            if unit in self.rx:
                self.reg[unit + 0x53c] = self.rx.pop(unit)[2]
                self._event(unit, 0x110)
            self._event(unit, 0x144)

    def _receive(self):
        for unit in list(self.rx):
            at, size, n = self.rx[unit]
            part = bytes(self.input[:size - n])
            del self.input[:size - n]
            if part:
                self.uc.mem_write(at + n, part)
                self.rx[unit][2] = n = n + len(part)
                self._event(unit, 0x108)
            if n == size:
                del self.rx[unit]
                self.reg[unit + 0x53c] = n
                self._event(unit, 0x110)

    def send(self, data):
        """Puts bytes on the serial line."""
        self.input += data
        self._receive()

    # ---- time -----------------------------------------------------------------------------------------------------------

    def _rtc_now(self, unit):
        r = self.rtc.get(unit)
        if not r:
            return 0
        ticks = (self.cycles - r['since']) * 32768 // HZ // (self.reg.get(unit + 0x508, 0) + 1) if r['on'] else 0
        return r['base'] + ticks & 0xffffff

    def _rtc_write(self, unit, o, value):
        r = self.rtc.setdefault(unit, dict(on=False, base=0, since=self.cycles, seen=0))
        if o == 0 and value:
            r.update(on=True, since=self.cycles)
        if o == 4 and value:
            r.update(base=self._rtc_now(unit), on=False)
        if o == 8 and value:
            r.update(base=0, since=self.cycles, seen=0)
        if o in (0, 4, 8, 0x340, 0x344) or 0x540 <= o < 0x550:
            self._look()

    def _rtc_step(self, unit):
        """Raises what happened since the last look; returns the cycles to what comes next."""
        r = self.rtc[unit]
        if not r['on']:
            return NEVER
        now, seen = self._rtc_now(unit), r['seen']
        wanted = self.reg.get(unit + 0x344, 0) | self.inten.get(unit, 0) | self.reg.get(unit + 0x340, 0)
        ticks = NEVER
        for i in range(4):
            compare = self.reg.get(unit + 0x540 + 4 * i, 0) & 0xffffff
            if 0 < (compare - seen & 0xffffff) <= (now - seen & 0xffffff):
                self._event(unit, 0x140 + 4 * i)
            if wanted >> (16 + i) & 1:
                ticks = min(ticks, (compare - now - 1 & 0xffffff) + 1)
        if now < seen:
            self._event(unit, 0x104)
        if wanted >> 1 & 1:
            ticks = min(ticks, 0x1000000 - now)
        r['seen'] = now
        return NEVER if ticks == NEVER else ticks * HZ // 32768 * (self.reg.get(unit + 0x508, 0) + 1) + 1

    def _events(self):
        """Brings the peripherals up to the present; returns when to look again."""
        coming = NEVER
        if self.rng_at < NEVER:
            if self.cycles >= self.rng_at and not self.reg.get(RNG + 0x100):
                self.reg[RNG + 0x100], self.rng_at = 1, self.cycles + 8000
            if self.inten.get(RNG, 0) & 1:
                coming = max(self.rng_at, self.cycles + 1)
        for unit in self.rtc:
            coming = min(coming, self.cycles + self._rtc_step(unit))
        if self.watch is not None:
            if self.cycles >= self.watch:
                self.want_reset, self.reasons, self.watch = True, self.reasons | 2, None
            else:
                coming = min(coming, self.watch)
        return coming

    # ---- system control space: NVIC and SCB -----------------------------------------------------------------------------

    def _scs_read(self, uc, offset, size, _):
        o = offset & ~3
        if o == 0xED00:
            value = 0x410FC241
        elif 0xE100 <= o < 0xE120 or 0xE180 <= o < 0xE1A0:
            value = self._bits(self.enabled, o & 0x1f)
        elif 0xE200 <= o < 0xE220 or 0xE280 <= o < 0xE2A0:
            value = self._bits({i - 16 for i in self._pending()}, o & 0x1f)
        elif o == 0xED04:
            value = self.active[-1] if self.active else 0
        else:
            value = self.scs.get(o, 0)
        return value >> 8 * (offset & 3) & ((1 << 8 * size) - 1)

    @staticmethod
    def _bits(numbers, o):
        return sum(1 << (i - o * 8) for i in numbers if o * 8 <= i < o * 8 + 32)

    def _scs_write(self, uc, offset, size, value, _):
        o = offset & ~3
        irqs = [8 * (o & 0x1f) + i for i in range(32) if value >> i & 1]
        if 0xE100 <= o < 0xE120:
            self.enabled.update(irqs)
            self._look()
        elif 0xE180 <= o < 0xE1A0:
            self.enabled.difference_update(irqs)
        elif 0xE200 <= o < 0xE220:
            self.pended.update(irqs)
            self._look()
        elif 0xE280 <= o < 0xE2A0:
            self.pended.difference_update(irqs)
        elif o == 0xED0C:
            if value & 0xFFFF0004 == 0x05FA0004:
                self.want_reset, self.reasons = True, self.reasons | 4
                uc.emu_stop()
        elif o == 0xED04:
            if value >> 28 & 1:
                self.pended.add(-2)
                self._look()
        else:
            mask = ((1 << 8 * size) - 1) << 8 * (offset & 3)
            self.scs[o] = self.scs.get(o, 0) & ~mask | value << 8 * (offset & 3) & mask

    def _priority(self, exception):
        at = 0xED18 + (exception - 4 & ~3) if exception < 16 else 0xE400 + (exception - 16 & ~3)
        return self.scs.get(at, 0) >> 8 * (exception & 3) & 0xe0

    def _pending(self):
        found = {16 + i for i in self.pended}
        for irq in self.enabled:
            unit = 0x40000000 + irq * 0x1000
            mask = self.inten.get(unit, 0)
            if any(mask >> i & 1 and self.reg.get(unit + 0x100 + 4 * i) for i in range(mask.bit_length())):
                found.add(16 + irq)
        return found

    def _takeable(self, masked=False):
        """The exception that comes next, if one may; `masked`: that would wake the core from its sleep."""
        ready = [e for e in self._pending() if e < 16 or e - 16 in self.enabled]
        if not ready:
            return None
        first = min(ready, key=lambda e: (self._priority(e), e))
        current = self._priority(self.active[-1]) if self.active else 256
        current = min(current, self.uc.reg_read(UC_ARM_REG_BASEPRI) or 256)
        if self.uc.reg_read(UC_ARM_REG_PRIMASK) & 1 and not masked:
            return None
        return first if self._priority(first) < current else None

    # ---- exceptions -------------------------------------------------------------------------------------------------------

    FRAME = [UC_ARM_REG_R0, UC_ARM_REG_R1, UC_ARM_REG_R2, UC_ARM_REG_R3, UC_ARM_REG_R12, UC_ARM_REG_LR]
    FLOATS = [UC_ARM_REG_S0 + i for i in range(16)]

    def _enter(self, exception):
        u, control = self.uc, self.uc.reg_read(UC_ARM_REG_CONTROL)
        psp, fp = not self.active and control & 2, control & 4
        stack = UC_ARM_REG_PSP if psp else UC_ARM_REG_MSP
        sp, xpsr = u.reg_read(stack), u.reg_read(UC_ARM_REG_XPSR)
        odd = sp & 4
        sp = (sp - (104 if fp else 32)) & ~7
        saved = xpsr & ~0x3ff | 1 << 24 | (self.active[-1] if self.active else 0) | (1 << 9 if odd else 0)
        frame = [u.reg_read(r) for r in self.FRAME] + [self.pc, saved]
        if fp:
            frame += [u.reg_read(r) for r in self.FLOATS] + [u.reg_read(UC_ARM_REG_FPSCR), 0]
        u.mem_write(sp, struct.pack('<%dI' % len(frame), *frame))
        u.reg_write(stack, sp)
        back = 0xFFFFFFF1 if self.active else 0xFFFFFFFD if psp else 0xFFFFFFF9
        u.reg_write(UC_ARM_REG_LR, back & ~(0x10 if fp else 0))
        if psp or fp:
            u.reg_write(UC_ARM_REG_CONTROL, control & ~6)
        u.reg_write(UC_ARM_REG_XPSR, 1 << 24 | exception)
        u.reg_write(UC_ARM_REG_IPSR, exception)
        self.active.append(exception)
        self.pended.discard(exception - 16)
        self.pc = self._load(self.scs.get(0xED08, 0) + 4 * exception) & ~1
        self.cycles += 12

    def _leave(self, back):
        u = self.uc
        self.active.pop()
        psp, fp = back & 4, not back & 0x10
        control = u.reg_read(UC_ARM_REG_CONTROL) & ~6 | (2 if psp else 0) | (4 if fp else 0)
        stack = UC_ARM_REG_PSP if psp else UC_ARM_REG_MSP
        sp, size = u.reg_read(stack), 104 if fp else 32
        frame = struct.unpack('<%dI' % (size // 4), u.mem_read(sp, size))
        u.reg_write(UC_ARM_REG_IPSR, self.active[-1] if self.active else 0)
        u.reg_write(UC_ARM_REG_CONTROL, control)
        u.reg_write(stack, sp + size + (4 if frame[7] >> 9 & 1 else 0))
        for register, value in zip(self.FRAME, frame):
            u.reg_write(register, value)
        if fp:
            for register, value in zip(self.FLOATS, frame[8:24]):
                u.reg_write(register, value)
            u.reg_write(UC_ARM_REG_FPSCR, frame[24])
        u.reg_write(UC_ARM_REG_XPSR, frame[7] & ~(1 << 9))
        self.pc = frame[6] & ~1
        self.cycles += 12

    def _interrupt(self, uc, number, _):
        if number == 8:
            self.leaving = uc.reg_read(UC_ARM_REG_PC) & ~1 | 1
        elif number == 2:
            self.calling = True
        else:
            self.fault = self.fault or f'exception {number} at {uc.reg_read(UC_ARM_REG_PC):#x}'
        uc.emu_stop()

    def _block(self, uc, at, size, _):
        self.cycles += size >> 1
        self.insns += size >> 1
        if self.cycles >= self.next_event:
            uc.emu_stop()

    # ---- run ----------------------------------------------------------------------------------------------------------------

    def run(self, ms=1000, until=None, stop_at=None):
        """Runs for virtual milliseconds, until a text was printed, or to an address range. Returns why it stopped: `until`,
        `time`, `cut`, `idle` (asleep, and nothing will wake it), `there` (an address of `stop_at`), or what is wrong."""
        end, seen = self.cycles + ms * HZ // 1000, len(self.out)
        while self.cycles < end:
            if until is not None and until in self.out[seen:]:
                return 'until'
            coming = self._events()
            self.next_event = min(coming, end)
            if self.want_reset:
                self.resets += 1
                self._reset()
                continue
            exception = self._takeable()
            if exception:
                self._enter(exception)
            n = max(1, min(SLICE, self.next_event - self.cycles))
            before, error = self.cycles, None
            try:
                self.uc.emu_start(self.pc | 1, 0xFFFFFFFE, 0, 0 if self.counting else n)
            except UcError as raised:
                error = raised
            self.pc = self.uc.reg_read(UC_ARM_REG_PC)
            if self.cut:
                return 'cut'
            if self.fault:
                return self.fault
            if stop_at and stop_at[0] <= self.pc < stop_at[1]:
                return 'there'
            if self.leaving:
                back, self.leaving = self.leaving, None
                self._leave(back)
                continue
            if self.calling:
                self.calling = False
                self._enter(11)
                continue
            word = struct.unpack('<H', self.uc.mem_read(self.pc - 2, 2))[0] if 2 <= self.pc < FLASH else 0
            if error is None and word == 0xBF30 or error is not None and word == 0xBF20:      # WFI, WFE
                coming = self._events()
                if not self.want_reset and not self._takeable(True):
                    if coming >= NEVER:
                        return 'idle'
                    if until is not None and until in self.out[seen:]:
                        return 'until'
                    self.cycles = max(self.cycles, min(coming, end))
            elif error is not None:
                lr = self.uc.reg_read(UC_ARM_REG_LR)
                return f'{error} at {self.pc:#x}, lr {lr:#x}'
            elif not self.counting:
                self.cycles += n if self.cycles == before and self.next_event else 16
        return 'until' if until is not None and until in self.out[seen:] else 'time'
