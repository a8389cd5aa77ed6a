#include "backend/cpu/cpu.h"

#if defined(__SSE2__)
#include <xmmintrin.h>
#endif

#include <fmt/format.h>

#include <kilat/error.h>

#include "backend/backend.h"
#include "backend/cpu/gemm_cache.h"
#include "backend/cpu/simd.h"

namespace kilat {

static_assert(Backend<Cpu>);

namespace {

// Rows of 784 pixels, widened to float, that fill about half of a 1 to 2 MiB second-level cache.
constexpr std::size_t kSliceRows = 256;
// Whole numbers need no floats, and the less work for each gradient the larger a slice is.
constexpr std::size_t kWholeSliceRows = 512;

// Sums of whole numbers over so many rows fit into 32 bits.
constexpr std::size_t kMostSliceRows = 65536;

unsigned flush_subnormals() {
#if defined(__SSE2__)
  constexpr unsigned kFlushToZero = 0x8000;
  constexpr unsigned kDenormalsAreZero = 0x0040;
  const unsigned before = _mm_getcsr();
  _mm_setcsr(before | kFlushToZero | kDenormalsAreZero);
  return before;
#else
  return 0;
#endif
}

}  // namespace

const Bf16Units* first_layer_units(const CpuOptions& options) {
  switch (options.first_layer) {
    case FirstLayer::automatic:
      return options.units == amx() ? options.units : nullptr;
    case FirstLayer::fp32:
    case FirstLayer::whole:
      return nullptr;
    case FirstLayer::exact:
      break;
  }
  if (options.units != nullptr) return options.units;
  if (simd() != Simd::avx512) {
    throw Error(fmt::format(
        "--first-layer exact: needs AVX-512, but {} is used (this CPU's, or what KILAT_CPU names); "
        "use fp32 or auto",
        name_of(simd())));
  }
  throw Error(
      "--first-layer exact: this CPU has no bf16 units (AMX or AVX512-BF16); use fp32 or auto");
}

Cpu::Cpu(const CpuOptions& options)
    : team_(std::make_unique<Team>(static_cast<std::size_t>(options.threads))),
      scratch_(team_->size()),
      units_(first_layer_units(options)),
      is_whole_(options.first_layer == FirstLayer::whole),
      first_fault_(kNoFaultFound) {
  simd();  // throws where KILAT_CPU asks for what is not there
  caller_mxcsr_ = flush_subnormals();
  team_->apart([](std::size_t) { flush_subnormals(); });
  for (std::size_t i = 0; i < team_->size(); ++i)
    products_.push_back(std::make_unique<GemmCache>());
}

Cpu::~Cpu() {
#if defined(__SSE2__)
  _mm_setcsr(caller_mxcsr_);
#endif
}

Cpu::Images Cpu::images(std::span<const std::uint8_t> bytes, std::size_t features) {
  Images images(bytes, features);
  list(images);
  return images;
}

void Cpu::list(Images& images) const {
  if (is_whole_) return images.list_fours(*team_);
  if (units_ == nullptr) images.list_nonzeros(*team_);
}

UnitBlocks Cpu::unit_blocks(std::size_t units) const {
  const std::size_t members = team_->size();
  return {units, units > UnitBlocks::kGroup * members ? members : 1};
}

Cpu::Pixels Cpu::pixels(std::size_t capacity, std::size_t features, Normalisation normalisation) {
  if (is_whole_ && features > kMostFeatures) {
    throw Error(fmt::format("--first-layer whole: images of {} pixels; it takes at most {}",
                            features, kMostFeatures));
  }
  for (Scratch& scratch : scratch_) {
    scratch.reserve(capacity);
    if (is_whole_) scratch.whole.reserve(capacity, features);
  }
  if (units_ == nullptr) return {capacity, features, normalisation, Forms::sparse};
  for (Scratch& scratch : scratch_) scratch.exact.reserve(std::max(capacity, features));
  return {capacity, features, normalisation, Forms::tiles};
}

Plan Cpu::plan(std::size_t rows) const {
  if (rows < kLargeBatch * team_->size() && (!is_whole_ || rows <= kMostSliceRows))
    return {1, std::max<std::size_t>(rows, 1)};
  return {team_->size(), is_whole_ ? kWholeSliceRows : kSliceRows};
}

void Cpu::mark(Phase phase) {
  const bool alone = team_->is_alone();
  if (alone || team_->index() == 0) {
    clock_.mark(phase, alone ? 1.0 / static_cast<double>(team_->size()) : 1.0);
  }
}

}  // namespace kilat
