"""Fault campaign (goal N13): a forged image is given to the boot decision on an emulated Cortex-M4 or RV32IMC, and at each
instruction between the first read of the image and the end one fault happens: the instruction is skipped, or a register (all but
the program counter) is zeroed, or one bit of it flips. The processor must never jump to the forged image: `forged_boot` must not be
reached with the two words of that image that a boot loader jumps by.

  cargo xtask setup                                   # once
  python examples/qemu/faults.py [--target m4|rv] [--flips N] [--step N]   # with target/python/bin/python; it builds the firmware

Two forgeries: `hash` claims the hash that a recorded signature is for, `signature` claims the true hash of the forged bytes.
A control run with a genuine image must boot, or the campaign proves nothing. `--quick` is what CI runs: every instruction
skipped, registers at every 40th.
"""

import argparse
import hashlib
import os
import random
import struct
import subprocess
import sys
import time
from pathlib import Path

from elftools.elf.elffile import ELFFile
from unicorn import UC_ARCH_ARM, UC_ARCH_RISCV, UC_HOOK_CODE, UC_MODE_MCLASS, UC_MODE_RISCV32, UC_MODE_THUMB, Uc, UcError
from unicorn import UC_PROT_EXEC, UC_PROT_READ
from unicorn import arm_const as arm, riscv_const as riscv

ROOT = Path(__file__).resolve().parents[2]
STACK = 0x4000


class CortexM4:
    name, target = "Cortex-M4", "thumbv7em-none-eabihf"
    code, ram = 0, 0x20000000
    registers = [getattr(arm, f"UC_ARM_REG_R{n}") for n in range(13)] + [arm.UC_ARM_REG_SP, arm.UC_ARM_REG_LR]
    pc, sp = arm.UC_ARM_REG_PC, arm.UC_ARM_REG_SP
    arguments = arm.UC_ARM_REG_R0, arm.UC_ARM_REG_R1
    thumb = 1

    @staticmethod
    def emulator():
        uc = Uc(UC_ARCH_ARM, UC_MODE_THUMB | UC_MODE_MCLASS)
        uc.mem_map(0xE000E000, 0x1000)
        return uc

    @staticmethod
    def length(half):
        return 4 if half >> 11 in (0b11101, 0b11110, 0b11111) else 2


class Rv32Imc:
    name, target = "RV32IMC", "riscv32imc-unknown-none-elf"
    code, ram = 0x80000000, 0x80200000
    # x0 is no register; x1 is the return address, x2 the stack pointer.
    registers = [getattr(riscv, f"UC_RISCV_REG_X{n}") for n in range(1, 32)]
    pc, sp = riscv.UC_RISCV_REG_PC, riscv.UC_RISCV_REG_X2
    arguments = riscv.UC_RISCV_REG_X10, riscv.UC_RISCV_REG_X11
    thumb = 0

    @staticmethod
    def emulator():
        return Uc(UC_ARCH_RISCV, UC_MODE_RISCV32)

    @staticmethod
    def length(half):
        return 4 if half & 3 == 3 else 2


BOARDS = {"m4": CortexM4, "rv": Rv32Imc}


def area(magic, tlvs):
    body = b"".join(struct.pack("<HH", kind, len(value)) + value for kind, value in tlvs)
    return struct.pack("<HH", magic, len(body) + 4) + body


def image(body, claim=None):
    protected = area(0x6908, [(0x50, struct.pack("<I", 5))])
    header = struct.pack("<IIHHIIBBHII", 0x96F3B83D, 0, 32, len(protected), len(body), 0, 1, 2, 3, 4, 0)
    signed = header + body + protected
    digest = hashlib.sha256(signed).digest()
    signature = b"\x30\x44\x02\x20" + b"\x01" * 32 + b"\x02\x20" + b"\x01" * 32
    tlvs = [(0x10, claim or digest), (0x01, b"\x01" * 32), (0x22, signature)]
    return signed + area(0x6907, tlvs), digest


class Chip:
    """Code and RAM of the board, with the firmware in it."""

    def __init__(self, board, content, signed_hash):
        self.board = board
        self.uc = board.emulator()
        self.uc.mem_map(board.code, 0x200000)
        self.uc.mem_map(board.ram, 0x100000)
        with open(firmware(board), "rb") as file:
            elf = ELFFile(file)
            for segment in elf.iter_segments():
                if segment["p_type"] == "PT_LOAD" and segment["p_filesz"]:
                    self.uc.mem_write(segment["p_paddr"], segment.data())
            table = elf.get_section_by_name(".symtab")
            self.symbols = {s.name: s["st_value"] & ~board.thumb for s in table.iter_symbols() if s.name}
        self.uc.mem_write(self.symbols["FORGED_IMAGE"], content.ljust(512, b"\xff"))
        self.uc.mem_write(self.symbols["SIGNED_HASH"], signed_hash)
        # Flash: a stray write of a disturbed run faults, as it does on a chip, and leaves the code as it was.
        self.uc.mem_protect(board.code, 0x200000, UC_PROT_READ | UC_PROT_EXEC)
        self.booted = self.refused = self.strayed = False
        self.entry = struct.unpack_from("<I", content, 32 + 4)[0]
        for name in ("forged_boot", "refused"):
            at = self.symbols[name]
            self.uc.hook_add(UC_HOOK_CODE, self.reached, name, at, at)
        top = board.ram + 0x100000
        self.uc.reg_write(board.sp, top)
        self.uc.reg_write(board.pc, self.symbols["__start"] | board.thumb)
        self.low = top - STACK
        self.statics = board.ram, 0x1000

    def reached(self, uc, address, size, name):
        if name == "forged_boot":
            words = [uc.reg_read(register) & 0xFFFFFFFF for register in self.board.arguments]
            # The entry alone would do: a boot loader jumps there, whatever the stack pointer.
            self.booted |= words[1] == self.entry
            self.strayed |= words[1] != self.entry
        self.refused |= name == "refused"
        uc.emu_stop()

    def pc(self):
        return self.uc.reg_read(self.board.pc) & 0xFFFFFFFF

    def run(self, count):
        """Runs so many instructions, or to an end. Returns whether an end was reached."""
        try:
            self.uc.emu_start(self.pc() | self.board.thumb, 0xFFFFFFFE, count=count)
        except UcError:
            return True
        return self.booted or self.refused or self.strayed

    def save(self):
        return (
            self.uc.context_save(),
            bytes(self.uc.mem_read(self.low, STACK)),
            bytes(self.uc.mem_read(*self.statics)),
        )

    def restore(self, state):
        context, stack, statics = state
        self.uc.context_restore(context)
        self.uc.mem_write(self.low, stack)
        self.uc.mem_write(self.statics[0], statics)
        self.booted = self.refused = self.strayed = False

    def skip(self):
        pc = self.pc() & ~1
        (half,) = struct.unpack("<H", self.uc.mem_read(pc, 2))
        self.uc.reg_write(self.board.pc, (pc + self.board.length(half)) | self.board.thumb)


def firmware(board):
    return ROOT / "target/firmware" / board.target / "release/forged"


def build(board):
    built = ROOT / "target/embedded-toolchain/bin/rustc"
    environment = dict(os.environ, **({"RUSTC": str(built)} if built.exists() else {}))
    command = ["cargo", "build", "--release", "--bin", "forged", "--target", board.target]
    command += ["--target-dir", str(ROOT / "target/firmware")]
    subprocess.run(command, cwd=ROOT / "examples/qemu", env=environment, check=True)


def control(board):
    """A genuine image boots, and the forgeries are refused without a fault; else there is nothing to disturb."""
    body = bytes(range(64))
    genuine, digest = image(body)
    chip = Chip(board, genuine, digest)
    chip.run(2_000_000)
    assert chip.booted, "the genuine image does not boot"


def campaign(board, name, content, signed_hash, flips, step, exhaust, rng):
    chip = Chip(board, content, signed_hash)
    length = 0
    while not chip.run(1):
        length += 1
    assert chip.refused and not chip.booted, f"{name}: not refused without a fault"
    limit = 4 * length
    chip = Chip(board, content, signed_hash)
    tried, boots = 0, []
    began = time.time()
    for at in range(length + 1):
        state = chip.save()
        faults = [("skip", None, None)]
        if at % step == 0:
            faults += [("zero", r, lambda v: 0) for r in range(len(board.registers))]
            for _ in range(flips):
                bit = rng.randrange(32)
                faults.append((f"bit {bit}", rng.randrange(len(board.registers)), lambda v, b=bit: v ^ (1 << b)))
        if length - at < exhaust:
            faults += [(f"bit {b}", r, lambda v, b=b: v ^ (1 << b)) for r in range(len(board.registers)) for b in range(32)]
        for kind, register, change in faults:
            if register is None:
                chip.skip()
            else:
                number = board.registers[register]
                old = chip.uc.reg_read(number) & 0xFFFFFFFF
                if change(old) == old:
                    continue
                chip.uc.reg_write(number, change(old))
            chip.run(limit)
            tried += 1
            if chip.booted:
                boots.append((at, kind, register))
                print("  booted:", boots[-1], flush=True)
            chip.restore(state)
        if at % 1000 == 0:
            print(f"  {name}: {at} of {length}, {tried} faults, {len(boots)} boots", flush=True)
        ended = chip.run(1)
        assert ended == (at == length), f"{name}: the undisturbed run was disturbed at {at} of {length}"
    print(f"{name}: {length} instructions, {tried} faults, {len(boots)} boots, {time.time() - began:.0f} s")
    return tried, len(boots)


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--flips", type=int, default=8, help="random bit flips at each instruction (default 8)")
    arguments.add_argument("--exhaust", type=int, default=0, metavar="N", help="every bit of every register at the last N instructions")
    arguments.add_argument("--step", type=int, default=1, help="registers at every Nth instruction; skips at each (default 1)")
    arguments.add_argument("--target", choices=BOARDS, default="m4")
    arguments.add_argument("--quick", action="store_true", help="what CI runs: --flips 2 --step 40")
    arguments.add_argument("--seed", type=int, default=13)
    arguments.add_argument("--no-build", action="store_true")
    options = arguments.parse_args()
    if options.quick:
        options.flips, options.step = 2, 40
    board = BOARDS[options.target]
    if not options.no_build:
        build(board)
    control(board)
    rng = random.Random(options.seed)
    body = bytes(range(64))
    _, recorded = image(body)
    # Every byte differs: one fault must not be able to make the genuine image of it.
    altered = bytes(byte ^ 0x5A for byte in body)
    lying, _ = image(altered, claim=recorded)
    honest, _ = image(altered)
    total = [campaign(board, name, content, recorded, options.flips, options.step, options.exhaust, rng)
             for name, content in (("hash", lying), ("signature", honest))]
    tried, boots = map(sum, zip(*total))
    print(f"{board.name}: {tried} faults, {boots} boots of a forged image, seed {options.seed}")
    sys.exit(1 if boots else 0)


if __name__ == "__main__":
    main()
