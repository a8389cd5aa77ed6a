#include "cpu/amx_emulation.h"

#if defined(__x86_64__) && defined(__linux__)

#include <bit>
#include <cmath>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <limits>

#include <ucontext.h>

#include "backend/cpu/exact/units.h"

namespace kilat {
namespace {

// Intel 64 and IA-32 Architectures Software Developer's Manual, volume 2: LDTILECFG to TILEZERO.
struct Tile {
  std::uint8_t bytes[16][64];
};
struct Tiles {
  Tile tile[8];
  std::uint16_t row_bytes[8];  // 0: not configured
  std::uint8_t rows[8];
  bool configured;
};
thread_local Tiles tiles;

[[noreturn]] void general_protection() {
  std::signal(SIGSEGV, SIG_DFL);
  std::raise(SIGSEGV);
  __builtin_unreachable();
}

// A VEX-coded instruction of opcode map 0F38, as far as AMX goes.
struct Instruction {
  unsigned prefix = 0;  // 0: none, 1: 66, 2: F3, 3: F2
  unsigned opcode = 0, reg = 0, rm = 0, vvvv = 0;
  bool in_memory = false;
  std::uint64_t base = 0;   // where the operand, or its row 0, is
  std::uint64_t index = 0;  // bytes between rows
  std::size_t length = 0;
};

std::uint64_t general_register(const ucontext_t& context, unsigned number) {
  constexpr int kOrder[16] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP,
                              REG_RSI, REG_RDI, REG_R8,  REG_R9,  REG_R10, REG_R11,
                              REG_R12, REG_R13, REG_R14, REG_R15};
  return static_cast<std::uint64_t>(context.uc_mcontext.gregs[kOrder[number]]);
}

std::int64_t displacement(const std::uint8_t*& at, unsigned mode, bool wide_anyway) {
  std::int64_t value = 0;
  if (mode == 1) {
    value = static_cast<std::int8_t>(*at++);
  } else if (mode == 2 || wide_anyway) {
    std::int32_t wide;
    std::memcpy(&wide, at, sizeof wide);
    at += sizeof wide;
    value = wide;
  }
  return value;
}

bool decode(const ucontext_t& context, Instruction& in) {
  const auto* const begin =
      reinterpret_cast<const std::uint8_t*>(context.uc_mcontext.gregs[REG_RIP]);
  const std::uint8_t* at = begin;
  if (at[0] != 0xc4 || (at[1] & 0x1f) != 2 || (at[2] & 0x84) != 0) return false;
  const unsigned x = (at[1] & 0x40) != 0 ? 0 : 8, b = (at[1] & 0x20) != 0 ? 0 : 8;
  in.vvvv = ~(at[2] >> 3) & 15U;
  in.prefix = at[2] & 3U;
  in.opcode = at[3];
  const unsigned modrm = at[4], mode = modrm >> 6;
  at += 5;
  in.reg = modrm >> 3 & 7;
  in.rm = modrm & 7;
  in.in_memory = mode != 3;
  if (in.in_memory && in.rm == 4) {
    const unsigned sib = *at++, index = (sib >> 3 & 7) | x, base = sib & 7;
    const bool no_base = mode == 0 && base == 5;
    in.index = index == 4 ? 0 : general_register(context, index) << (sib >> 6);
    in.base = no_base ? 0 : general_register(context, base | b);
    in.base += static_cast<std::uint64_t>(displacement(at, mode, no_base));
  } else if (in.in_memory) {
    const bool relative = mode == 0 && in.rm == 5;
    const auto offset = static_cast<std::uint64_t>(displacement(at, mode, relative));
    in.base = offset + (relative ? reinterpret_cast<std::uint64_t>(at)
                                 : general_register(context, in.rm | b));
  }
  in.length = static_cast<std::size_t>(at - begin);
  return true;
}

void load_configuration(const std::uint8_t* from) {
  std::memset(&tiles, 0, sizeof tiles);
  if (from[0] != 1) general_protection();
  for (std::size_t t = 0; t < 8; ++t) {
    std::memcpy(&tiles.row_bytes[t], from + 16 + 2 * t, 2);
    tiles.rows[t] = from[48 + t];
    if (tiles.row_bytes[t] > 64 || tiles.rows[t] > 16) general_protection();
  }
  tiles.configured = true;
}

std::size_t rows_of(unsigned tile) {
  if (!tiles.configured || tiles.rows[tile] == 0) general_protection();
  return tiles.rows[tile];
}

void move(unsigned t, std::uint64_t base, std::uint64_t stride, bool load) {
  for (std::size_t r = 0; r < rows_of(t); ++r) {
    auto* const memory = reinterpret_cast<std::uint8_t*>(base + r * stride);
    std::uint8_t* const row = tiles.tile[t].bytes[r];
    std::memcpy(load ? row : memory, load ? memory : row, tiles.row_bytes[t]);
  }
}

float no_subnormal(float x) { return std::abs(x) < std::numeric_limits<float>::min() ? 0.0F : x; }
float bf16_at(const std::uint8_t* row, std::size_t i) {
  std::uint16_t half;
  std::memcpy(&half, row + 2 * i, sizeof half);
  return no_subnormal(std::bit_cast<float>(std::uint32_t{half} << 16));
}

// TDPBF16PS: the even and the odd products are added up apart, from zero, then to the register. A
// product of two bf16 numbers is a float, so that multiplying and adding is one rounding here too.
void multiply_add(unsigned c, unsigned a, unsigned b) {
  if (c == a || c == b || a == b) general_protection();
  const std::size_t pairs = tiles.row_bytes[a] / 4U, columns = tiles.row_bytes[c] / 4U;
  if (rows_of(b) != pairs || tiles.row_bytes[b] != tiles.row_bytes[c] || rows_of(a) != rows_of(c)) {
    general_protection();
  }
  float right[32][16];  // by the number's place in the depth
  for (std::size_t k = 0; k < 2 * pairs; ++k) {
    for (std::size_t j = 0; j < columns; ++j) {
      right[k][j] = bf16_at(tiles.tile[b].bytes[k / 2], 2 * j + k % 2);
    }
  }
  for (std::size_t i = 0; i < rows_of(c); ++i) {
    float sum[2][16] = {};
    for (std::size_t k = 0; k < 2 * pairs; ++k) {
      const float left = bf16_at(tiles.tile[a].bytes[i], k);
      for (std::size_t j = 0; j < columns; ++j) {
        sum[k % 2][j] = no_subnormal(left * right[k][j] + sum[k % 2][j]);
      }
    }
    float total[16];
    std::memcpy(total, tiles.tile[c].bytes[i], columns * sizeof(float));
    for (std::size_t j = 0; j < columns; ++j) {
      total[j] = no_subnormal(no_subnormal(total[j]) + no_subnormal(sum[0][j] + sum[1][j]));
    }
    std::memcpy(tiles.tile[c].bytes[i], total, columns * sizeof(float));
  }
}

bool emulate(const Instruction& in) {
  if (in.opcode == 0x49 && in.prefix == 0 && in.in_memory) {
    load_configuration(reinterpret_cast<const std::uint8_t*>(in.base));
  } else if (in.opcode == 0x49 && in.prefix == 0) {
    std::memset(&tiles, 0, sizeof tiles);  // TILERELEASE
  } else if (in.opcode == 0x49 && in.prefix == 3 && !in.in_memory) {
    rows_of(in.reg);
    std::memset(&tiles.tile[in.reg], 0, sizeof(Tile));
  } else if (in.opcode == 0x4b && in.prefix >= 2 && in.in_memory) {
    move(in.reg, in.base, in.index, in.prefix == 3);
  } else if (in.opcode == 0x5c && in.prefix == 2 && !in.in_memory) {
    multiply_add(in.reg, in.rm, in.vvvv);
  } else {
    return false;
  }
  return true;
}

void on_illegal_instruction(int, siginfo_t*, void* where) {
  auto& context = *static_cast<ucontext_t*>(where);
  Instruction in;
  if (decode(context, in) && emulate(in)) {
    context.uc_mcontext.gregs[REG_RIP] += static_cast<greg_t>(in.length);
  } else {
    std::signal(SIGILL, SIG_DFL);  // and the instruction is met again
  }
}

}  // namespace

bool emulate_amx() {
  static const bool usable = [] {
    if (has_amx()) return true;
    struct sigaction action {};
    action.sa_sigaction = on_illegal_instruction;
    action.sa_flags = SA_SIGINFO;
    return sigaction(SIGILL, &action, nullptr) == 0;
  }();
  return usable;
}

}  // namespace kilat

#else

namespace kilat {
bool emulate_amx() { return false; }
}  // namespace kilat

#endif
