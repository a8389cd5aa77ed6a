// KILAT_CPU forces an instruction set; each runs in a process of its own, as it is chosen once.
#include <cstdlib>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <kilat/device.h>
#include <kilat/error.h>

#include "backend/cpu/exact/units.h"
#include "backend/cpu/simd.h"

namespace kilat {
namespace {

// What simd() is where KILAT_CPU is `name`, and the device's text: "SSE2, …, …"; or the error.
std::string set_of(const char* name) try {
  setenv("KILAT_CPU", name, 1);
  const std::string set = name_of(simd());
  return set + (best_bf16_units() == nullptr ? ", no bf16, " : ", ") + choose_device("cpu", 1).text;
} catch (const Error& e) {
  return e.what();
}

void tell(const char* name) {
  std::fputs(set_of(name).c_str(), stderr);
  std::_Exit(0);
}

class InstructionSetTest : public testing::Test {
 protected:
  InstructionSetTest() { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
};

TEST_F(InstructionSetTest, IsTheOneAskedFor) {
  EXPECT_EXIT(tell("sse2"), testing::ExitedWithCode(0), "SSE2, no bf16, .*, SSE2, 1 thread");
}

TEST_F(InstructionSetTest, Avx2IsThereOrRefused) {
  if (!__builtin_cpu_supports("avx2")) {
    EXPECT_EXIT(tell("avx2"), testing::ExitedWithCode(0), "not an instruction set of this CPU");
    GTEST_SKIP() << "this CPU has no AVX2";
  }
  EXPECT_EXIT(tell("avx2"), testing::ExitedWithCode(0), "AVX2, no bf16, .*, AVX2, 1 thread");
}

TEST_F(InstructionSetTest, Avx512IsThereOrRefused) {
  if (!__builtin_cpu_supports("avx512bw")) {
    EXPECT_EXIT(tell("avx512"), testing::ExitedWithCode(0), "not an instruction set of this CPU");
    GTEST_SKIP() << "this CPU has no AVX-512";
  }
  EXPECT_EXIT(tell("avx512"), testing::ExitedWithCode(0), "AVX-512, .*, AVX-512, 1 thread");
}

TEST_F(InstructionSetTest, AnUnknownOneIsRefusedWithThoseThatThereAre) {
  EXPECT_EXIT(tell("neon"), testing::ExitedWithCode(0),
              "KILAT_CPU=neon: not an instruction set of this CPU; it has sse2");
}

TEST_F(InstructionSetTest, NoneIsTheWidest) {
  const char* widest = __builtin_cpu_supports("avx512bw") ? "AVX-512"
                       : __builtin_cpu_supports("avx2")   ? "AVX2"
                                                          : "SSE2";
  EXPECT_EXIT(tell(""), testing::ExitedWithCode(0), std::string(widest) + ", ");
}

}  // namespace
}  // namespace kilat
