"""A thin model of the ESP32-C3 on unicorn: what esp-hal's and esp-storage's drivers touch in gabion's examples, no more.

Core RV32IMC; SPI NOR flash behind the mask ROM's functions, with power that fails inside an operation; UART0 in both directions,
system timer, random register, HMAC with a key in a fuse, fuses, watchdog of timer group 0, reset. Every other register is plain
memory. The firmware lies where the ESP boot loader would have mapped it.

What it is not: no interrupts, no cycle accuracy. Time passes with flash operations, with bytes on the serial port, and when
somebody looks at the clock; the faster, the longer they do nothing else. The mask ROM is answered by the host. Firmware in flash is
not seen through the flash: writing over it changes nothing. Bytes to the serial port wait until the firmware asks for them.
"""
import hashlib
import hmac
import random
import struct

from elftools.elf.elffile import ELFFile
from unicorn import *
from unicorn.riscv_const import *

FLASH, PAGE, UNIT = 4 << 20, 4096, 32       # the mask ROM programs 32 bytes at a time
DRAM, DRAM_SIZE, RTC, RTC_SIZE = 0x3FC80000, 0x60000, 0x50000000, 0x2000
ROM, ROM_SIZE, IO, IO_SIZE = 0x40000000, 0x60000, 0x60000000, 0xD2000
UART, SPI1, EFUSE, TIMG0, SYSTIMER, RANDOM, HMAC = 0, 0x2000, 0x8800, 0x1F000, 0x23000, 0x260B0, 0x3E000
M32 = 0xFFFFFFFF
KEY = bytes(range(100, 132))
MAC = bytes.fromhex('a0764e112233')
# As it leaves a careful factory: key block 1 with purpose HMAC_UP, not readable. Everything else is as sold.
FUSES = (0, 1 << 1, 8 << 28, 0, 0, 0)
NAMES = ('__udivdi3', '__umoddi3', '__divdi3', '__moddi3', '__muldi3', '__ashldi3', '__lshrdi3')


def word(opcode, *fields):
    return struct.pack('<I', opcode | sum(value << at for value, at in fields) & M32)


def addi(rd, rs, imm):
    return word(0x13, (rd, 7), (rs, 15), ((imm & 0xFFF), 20))


# Copying and filling is done by code of the model's own: the host would be too slow. x5, x6 are scratch, x10.. arguments.
LOOP = addi(5, 5, 1) + addi(12, 12, -1)
BACK_AND_RETURN = {n: word(0x63 | 1 << 12, (12, 15), (1, 31), (0x3F, 25), (((-n & 0x1E) >> 1), 8), (1, 7)) + word(0x67, (1, 15))
                   for n in (12, 20)}
COPY = (addi(5, 10, 0) + word(0x63, (12, 15), (28 >> 1 & 0xF, 8), (28 >> 5, 25)) + word(0x03 | 4 << 12, (6, 7), (11, 15))
        + word(0x23, (5, 15), (6, 20)) + addi(11, 11, 1) + LOOP + BACK_AND_RETURN[20])
FILL = (addi(5, 10, 0) + word(0x63, (12, 15), (20 >> 1 & 0xF, 8), (20 >> 5, 25)) + word(0x23, (5, 15), (11, 20)) + LOOP
        + BACK_AND_RETURN[12])
NATIVE = {'memcpy': (0x40058000, COPY), 'memset': (0x40058100, FILL)}


class Esp32c3:
    def __init__(self, flash=None, seed=1, key=KEY, fuses=FUSES):
        """A chip without power."""
        self.random = random.Random(seed)
        self.flash = bytearray(flash or b'\xff' * FLASH)
        self.key, self.fuses = key, fuses
        self.us = self.resets = self.flash_ops = 0
        self.cut_at, self.cut, self.fault = None, False, None
        self.out, self.input = bytearray(), bytearray()
        self.patience = 60              # seconds of the host without a sign of life, until the firmware counts as hung
        self.noise = lambda: self.random.getrandbits(32)

    def load(self, path):
        """Maps an ELF as the ESP boot loader does, and switches on."""
        u = self.uc = Uc(UC_ARCH_RISCV, UC_MODE_RISCV32)
        u.mem_map(0x3C000000, 0x800000)
        u.mem_map(0x42000000, 0x800000)
        u.mem_map(0x40370000, 0x70000)
        for start, size in ((DRAM, DRAM_SIZE), (RTC, RTC_SIZE), (0x3FF00000, 0x20000), (ROM, ROM_SIZE)):
            u.mem_map(start, size)
        u.mem_write(ROM, b'\x82\x80' * (ROM_SIZE // 2))             # `ret`
        u.mmio_map(IO, IO_SIZE, self._read, None, self._write, None)
        with open(path, 'rb') as file:
            elf = ELFFile(file)
            self.data = []
            for part in elf.iter_segments():
                if part['p_type'] != 'PT_LOAD' or not part['p_filesz']:
                    continue
                data = self._without_pmp(part.data()) if part['p_flags'] & 1 else part.data()
                u.mem_write(part['p_vaddr'], data)
                if DRAM <= part['p_vaddr'] < DRAM + DRAM_SIZE:
                    self.data.append((part['p_vaddr'] - DRAM, data))
            table = elf.get_section_by_name('.symtab')
            names = elf.get_section(table['sh_link']).data()
            symbols = {names[at:names.index(0, at)].decode(): value
                       for at, value, _, _, _, section in struct.iter_unpack('<IIIBBH', table.data())
                       if ROM <= value < ROM + ROM_SIZE and section == 0xFFF1}             # absolute: the mask ROM's
            self.entry = elf['e_entry']
        self.rom = {at: name for name, at in symbols.items()}
        for name, (at, code) in NATIVE.items():
            u.mem_write(at, code)
            if name in symbols:
                offset = at - symbols[name]
                u.mem_write(symbols[name], word(0x6F, (offset >> 20 & 1, 31), (offset >> 1 & 0x3FF, 21),
                                                (offset >> 11 & 1, 20), (offset >> 12 & 0xFF, 12)))
        for at, name in self.rom.items():
            if name not in NATIVE:
                u.hook_add(UC_HOOK_BLOCK, self._rom, None, at, at)
        u.hook_add(UC_HOOK_INTR, self._trap)
        self.fresh = u.context_save()
        self.power_on()

    @staticmethod
    def _without_pmp(code):
        """Protects nothing: unicorn denies whole pages where regions share one. `csrw pmpcfg0..3` becomes a no-op."""
        code = bytearray(code)
        for at in range(0, len(code) - 3, 2):
            insn = struct.unpack_from('<I', code, at)[0]
            if insn & 0x707F == 0x1073 and 0x3A0 <= insn >> 20 <= 0x3A3 and not insn >> 7 & 31:
                code[at:at + 4] = b'\x13\0\0\0'
        return bytes(code)

    def program(self, at, data):
        """Writes bytes into the flash from outside."""
        self.flash[at:at + len(data)] = data

    def power_on(self):
        """Power comes: nothing but flash and fuses is left."""
        self.input, self.cut, self.reason = bytearray(), False, 1
        self.uc.mem_write(RTC, b'\xa5' * RTC_SIZE)
        self._reset()

    def _reset(self):
        ram = bytearray(b'\xa5' * DRAM_SIZE)
        for at, data in self.data:
            ram[at:at + len(data)] = data
        self.uc.context_restore(self.fresh)
        self.uc.mem_write(DRAM, bytes(ram))
        self.uc.reg_write(UC_RISCV_REG_SP, 0x3FCDE000)
        self.pc, self.reg, self.window = self.entry, {}, bytearray()
        self.want_reset, self.skip, self.fault, self.idle = False, None, None, False
        self.watch = None
        self.looks = self.polls = 0

    def _stop(self, why):
        self.fault = self.fault or why
        self.uc.emu_stop()
        return 0

    # ---- flash ----------------------------------------------------------------------------------------------------------

    def _operation(self):
        """One more step that outlives the power; says whether the power fails in it."""
        self.flash_ops += 1
        self._busy()
        if self.cut_at is not None and self.flash_ops >= self.cut_at:
            self.cut, self.cut_at = True, None
            self.uc.emu_stop()
        return self.cut

    def _program(self, at, data):
        if self.cut:
            return 0
        if at & 3 or len(data) & 3 or at + len(data) > FLASH:
            return self._stop(f'flash write of {len(data)} bytes at {at:#x}')
        end = at + len(data)
        while at < end:
            size = min(end, at // UNIT * UNIT + UNIT) - at
            wanted, data = data[:size], data[size:]
            old = self.flash[at:at + size]
            for n in range(0, size, 4):
                before, after = old[n:n + 4], wanted[n:n + 4]
                if any(a & ~b for a, b in zip(after, before)) and any(after):
                    return self._stop(f'flash word at {at + n:#x} written over with something other than zeros')
            new = bytes(a & b for a, b in zip(old, wanted))
            if self._operation():
                edge = self.random.randrange(0, size, 4)
                torn = bytes(o & (n | self.random.getrandbits(8)) for o, n in zip(old, new))
                if self.random.randrange(2):                    # words in order, the last one torn; else anything
                    torn = new[:edge] + torn[edge:edge + 4] + bytes(old[edge + 4:])
                self.flash[at:at + size] = torn
                return 0
            self.flash[at:at + size] = new
            self.us += 60
            at += size
        return 0

    def _erase(self, at, size):
        for page in range(at, at + size, PAGE):
            if self.cut:
                return 0
            old, r = bytes(self.flash[page:page + PAGE]), self.random
            new = b'\xff' * PAGE
            if self._operation():
                kind, edge, noise = r.randrange(5), r.randrange(PAGE), r.randbytes(PAGE)
                new = (old,                                                    # not begun
                       b'\xff' * edge + old[edge:],                            # some of it
                       bytes(o | n for o, n in zip(old, noise)),               # some of the bits
                       b'\0' * edge + old[edge:],                              # pre-programming to zero
                       noise)[kind]
            self.flash[page:page + PAGE] = new
            self.us += 45_000
        return 0

    # ---- the mask ROM -----------------------------------------------------------------------------------------------------

    def _rom(self, uc, address, size, _):
        name = self.rom[address]
        a = [uc.reg_read(UC_RISCV_REG_A0 + n) for n in range(4)]
        result = 0
        if name == 'rtc_get_reset_reason':
            result = self.reason
        elif name == 'ets_delay_us':
            self.us += a[0]
        elif name == 'esp_rom_spiflash_read':
            if a[0] + a[2] > FLASH:
                self._stop(f'flash read at {a[0]:#x}')
            else:
                uc.mem_write(a[1], bytes(self.flash[a[0]:a[0] + a[2]]))
        elif name == 'esp_rom_spiflash_write':
            result = self._program(a[0], bytes(uc.mem_read(a[1], a[2])))
        elif name == 'esp_rom_spiflash_erase_sector':
            result = self._erase(a[0] * PAGE, PAGE)
        elif name == 'esp_rom_spiflash_erase_block':
            result = self._erase(a[0] * 65536, 65536)
        elif name in ('software_reset', 'software_reset_cpu'):
            self.want_reset = True
            uc.emu_stop()
        elif name == 'memmove':
            if a[2]:
                uc.mem_write(a[0], bytes(uc.mem_read(a[1], a[2])))
            result = a[0]
        elif name == 'memcmp':
            x, y = bytes(uc.mem_read(a[0], a[2])), bytes(uc.mem_read(a[1], a[2]))
            result = (x > y) - (x < y) & M32
        elif name in NAMES:
            x, y = a[0] | a[1] << 32, a[2] | a[3] << 32
            sx, sy = (z - (z >> 63 << 64) for z in (x, y))
            sign = 1 if (sx < 0) == (sy < 0) else -1
            if name == '__ashldi3':
                value = x << a[2]
            elif name == '__lshrdi3':
                value = x >> a[2]
            elif name == '__muldi3':
                value = x * y
            elif name == '__udivdi3':
                value = x // y
            elif name == '__umoddi3':
                value = x % y
            elif name == '__divdi3':
                value = sign * (abs(sx) // abs(sy))
            else:
                value = abs(sx) % abs(sy) * (1 if sx >= 0 else -1)
            value &= (1 << 64) - 1
            result = value & M32
            uc.reg_write(UC_RISCV_REG_A1, value >> 32)
        uc.reg_write(UC_RISCV_REG_A0, result)

    def _trap(self, uc, number, _):
        pc = uc.reg_read(UC_RISCV_REG_PC)                       # past the instruction
        insn = struct.unpack('<I', uc.mem_read(pc - 4, 4))[0] if number == 2 else 0
        csr, rd = insn >> 20, insn >> 7 & 31
        if insn & 0x7F == 0x73 and insn >> 12 & 3 and 0x7A0 <= csr < 0xC00:     # the chip's own; 0x7e2 counts cycles
            self.us += 1
            if rd:
                uc.reg_write(UC_RISCV_REG_X0 + rd, self.us * 160 & M32 if csr == 0x7E2 else 0)
            self.skip = pc
            uc.emu_stop()
            return
        self._stop(f'trap {number} at {pc:#x}')

    # ---- peripherals ------------------------------------------------------------------------------------------------------

    def _busy(self):
        self.looks = self.polls = 0

    def _read(self, uc, at, size, _):
        if at == UART:
            self._busy()
            byte, self.input = self.input[0] if self.input else 0, self.input[1:]
            return byte
        if at == UART + 0x1C:
            self.polls += 1
            if not self.input and self.polls > 64:
                self.idle = True
                uc.emu_stop()
            return min(len(self.input), 127)
        if at == RANDOM:
            return self.noise()
        if EFUSE + 0x2C <= at < EFUSE + 0x44:
            return self.fuses[(at - EFUSE - 0x2C) // 4]
        if at in (EFUSE + 0x44, EFUSE + 0x48):
            return int.from_bytes((MAC[2:] if at == EFUSE + 0x44 else MAC[:2]), 'big')
        if at in (SYSTIMER + 4, SYSTIMER + 8):
            return 1 << 29                                      # the value is there
        if SYSTIMER + 0x40 <= at <= SYSTIMER + 0x4C:
            ticks = self.us * 16
            return ticks & M32 if at & 4 else ticks >> 32
        if at == TIMG0 + 0x68:
            return 0x9000                                       # calibration is done
        if at == HMAC + 0x68:
            block, purpose = self.reg.get(HMAC + 0x48, 0), self.reg.get(HMAC + 0x44, 0)
            bits = sum(f << 32 * n for n, f in enumerate(self.fuses)) >> 88 + 4 * block & 15
            return 0 if bits == purpose and self.key else 1
        if at in (HMAC + 0x6C, UART + 0x6C):
            return 0
        if HMAC + 0xC0 <= at < HMAC + 0xE0:
            return struct.unpack_from('<I', self._hmac(), at - HMAC - 0xC0)[0]
        return self.reg.get(at, 0)

    def _hmac(self):
        """HMAC of the blocks that were sent, which must be padded as SHA-256 wants it, behind a block of key."""
        sent = bytes(self.window)
        bits = int.from_bytes(sent[-8:], 'big')
        length = bits // 8 - 64
        padded = sent[:max(length, 0)] + b'\x80' + b'\0' * (-(length + 9) % 64) + sent[-8:]
        if length < 0 or padded != sent:
            self._stop(f'HMAC over {len(sent)} bytes that are not padded for {length}')
            return bytes(32)
        return hmac.new(self.key, sent[:length], hashlib.sha256).digest()

    def _write(self, uc, at, size, value, _):
        if size < 4:
            shift = 8 * (at & 3)
            mask = (1 << 8 * size) - 1 << shift
            value = self.reg.get(at & ~3, 0) & ~mask | value << shift & mask
            at &= ~3
        if at == UART:
            self._busy()
            self.us += 87
            self.out.append(value & 0xFF)
            if self.until and self.out.endswith(self.until):
                uc.emu_stop()
            return
        if at == UART + 0x80:
            value &= 0x7FFFFFFF                                 # the update is done
        elif at == SPI1:
            if value >> 28 & 1:
                self.reg[SPI1 + 0x58] = 0x1640EF                # a chip of 4 MiB
            value = 0
        elif at == SYSTIMER + 4 and value >> 30 & 1:
            self.us += min(1000, 2 << min(self.looks // 8, 9))
            self.looks += 1
            if self.us >= self.end or self.watch and self.us >= self.watch:
                uc.emu_stop()
        elif at == EFUSE + 0x1D4 and value & 2:
            self._stop('a fuse is burnt')
        elif at in (TIMG0 + 0x48, TIMG0 + 0x60):
            enabled = (value if at == TIMG0 + 0x48 else self.reg.get(TIMG0 + 0x48, 0)) >> 31
            prescale = self.reg.get(TIMG0 + 0x4C, 0) >> 16
            ticks = self.reg.get(TIMG0 + 0x50, 0) * max(prescale, 1)
            self.watch = self.us + ticks // 80 if enabled else None
        elif at == HMAC + 0x40:
            self.window = bytearray()
        elif at == HMAC + 0x50:
            self.window += b''.join(struct.pack('<I', self.reg.get(HMAC + 0x80 + 4 * n, 0)) for n in range(16))
        elif at == 0x8000 and value >> 31 & 1:
            self.want_reset = True
            uc.emu_stop()
        self.reg[at] = value & M32

    # ---- run --------------------------------------------------------------------------------------------------------------

    def send(self, data):
        self.input += data

    def run(self, ms=1000, until=None):
        """Runs for milliseconds, or until a text was printed. Returns why it stopped: `until`, `time`, `cut`, `idle` (it waits
        for a byte that nobody sends), or what is wrong."""
        self.end, self.until, seen = self.us + 1000 * ms, until, len(self.out)
        self._busy()
        while self.us < self.end:
            if until is not None and until in self.out[seen:]:
                return 'until'
            error = None
            self.idle = False
            before = self.us, self.flash_ops, len(self.out)
            try:
                self.uc.emu_start(self.pc, 0, timeout=int(self.patience * 1_000_000))
            except UcError as raised:
                error = raised
            self.pc = self.uc.reg_read(UC_RISCV_REG_PC)
            if self.skip is not None:
                self.pc, self.skip = self.skip, None
                continue
            if self.cut:
                return 'cut'
            if self.fault:
                return self.fault
            hung = not error and not self.idle and not self.want_reset
            hung = hung and before == (self.us, self.flash_ops, len(self.out))
            if hung and self.watch:
                self.us = max(self.us, self.watch)
            if self.watch and self.us >= self.watch:
                self.want_reset, self.reason = True, 7
            elif self.want_reset:
                self.reason = 3
            if self.want_reset:
                self.resets += 1
                self._reset()
                continue
            if error:
                return f'{error} at {self.pc:#x}, ra {self.uc.reg_read(UC_RISCV_REG_RA):#x}'
            if until is not None and until in self.out[seen:]:
                return 'until'
            if self.idle:
                return 'idle'
            if hung:
                return f'stuck at {self.pc:#x}'
        return 'time'
