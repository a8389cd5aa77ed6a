// Memory of the backends that run on the host.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>
#include <span>
#include <type_traits>

#include <kilat/dataset.h>

#include "backend/phase_clock.h"
#include "backend/types.h"
#include "backend/unit_blocks.h"
#include "base/huge_pages.h"

namespace kilat {

// An array that owns its memory, zeroed, aligned for the widest vector loads. kSlack bytes behind
// its end may be read, so that a vector may begin at its last number.
template <class T>
class HostBuffer {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  HostBuffer() = default;
  explicit HostBuffer(std::size_t size) : HostBuffer(for_overwrite(size)) {
    std::fill_n(data_.get(), size, T{});
  }

  // Not zeroed: pages that are never used take no memory, and a large array should first be written
  // by the threads that will use it.
  static HostBuffer for_overwrite(std::size_t size) {
    HostBuffer buffer;
    buffer.allocate(size);
    return buffer;
  }

  T* data() { return data_.get(); }
  const T* data() const { return data_.get(); }
  std::size_t size() const { return size_; }
  T& operator[](std::size_t i) { return data_.get()[i]; }
  const T& operator[](std::size_t i) const { return data_.get()[i]; }
  T* begin() { return data(); }
  T* end() { return data() + size_; }
  const T* begin() const { return data(); }
  const T* end() const { return data() + size_; }

 private:
  void allocate(std::size_t size) {
    if (size == 0) return;
    if (size > SIZE_MAX / 2 / sizeof(T)) throw std::bad_alloc();
    const std::size_t bytes =
        (size * sizeof(T) + kSlack + kAlignment - 1) / kAlignment * kAlignment;
    data_.reset(static_cast<T*>(std::aligned_alloc(kAlignment, bytes)));
    if (!data_) throw std::bad_alloc();
    prefer_huge_pages(data_.get(), bytes);
    size_ = size;
  }

  static constexpr std::size_t kAlignment = 64, kSlack = 64;
  struct Free {
    void operator()(T* p) const { std::free(p); }
  };
  std::unique_ptr<T, Free> data_;
  std::size_t size_ = 0;
};

// A row-major matrix with room for a fixed number of rows; the first rows() are in use.
template <class Real>
class HostMatrix {
 public:
  HostMatrix() = default;
  HostMatrix(std::size_t capacity, std::size_t columns)
      : values_(capacity * columns), columns_(columns) {}

  std::size_t rows() const { return rows_; }
  std::size_t columns() const { return columns_; }
  void set_rows(std::size_t rows) { rows_ = rows; }
  Real* row(std::size_t i) { return values_.data() + i * columns_; }
  const Real* row(std::size_t i) const { return values_.data() + i * columns_; }
  MatrixView<Real> view() { return {values_.data(), rows_, columns_}; }
  MatrixView<const Real> view() const { return {values_.data(), rows_, columns_}; }

 private:
  HostBuffer<Real> values_;
  std::size_t rows_ = 0;
  std::size_t columns_ = 0;
};

// What the host backends share: copies, and the ops that need no arithmetic in Real.
template <class BackendReal>
class HostMemory {
 public:
  using Real = BackendReal;
  template <class T>
  using Buffer = HostBuffer<T>;
  using Matrix = HostMatrix<Real>;
  using Shuffling = HostBuffer<std::uint64_t>;

  static constexpr FusedForms kFused{};

  template <class T>
  Buffer<T> buffer(std::size_t size) const {
    return Buffer<T>(size);
  }
  Matrix matrix(std::size_t capacity, std::size_t columns) const {
    return Matrix(capacity, columns);
  }
  UnitBlocks unit_blocks(std::size_t /*units*/) const { return {}; }
  Shuffling shuffling(std::size_t size) const { return Shuffling(size); }
  template <class T>
  void upload(std::type_identity_t<std::span<const T>> from, Buffer<T>& to) const {
    std::copy(from.begin(), from.end(), to.begin());
  }
  template <class T>
  void download(const Buffer<T>& from, std::type_identity_t<std::span<T>> to) const {
    std::copy_n(from.begin(), to.size(), to.begin());
  }
  void upload(std::span<const Real> from, std::size_t rows, Matrix& to) const {
    to.set_rows(rows);
    std::copy(from.begin(), from.end(), to.row(0));
  }
  void download(const Matrix& from, std::span<Real> to) const {
    std::copy_n(from.row(0), from.rows() * from.columns(), to.begin());
  }

  // A host has nothing to record.
  template <class F>
  void replay(std::size_t /*rows*/, std::size_t times, const F& f) const {
    for (std::size_t i = 0; i < times; ++i) f();
  }

  void mark(Phase phase) { clock_.mark(phase, 1); }
  void start_profile() { clock_.start(); }
  PhaseSeconds stop_profile() { return clock_.stop(); }
  void mark_epoch(std::size_t /*epoch*/) const {}

  void shuffle(Buffer<std::uint32_t>& order, Shuffling& keys, std::uint64_t seed,
               std::uint32_t epoch) const;
  void sum_metrics(Buffer<Metrics>& metrics, std::span<const Real> loss,
                   std::span<const std::uint8_t> hit) const;
  void check_loss(Buffer<Cursor>& cursor, std::span<const Real> loss) const;
  void advance(Buffer<Cursor>& cursor, std::size_t rows, std::size_t size) const;

 protected:
  PhaseClock clock_;
};

extern template class HostMemory<float>;
extern template class HostMemory<double>;

}  // namespace kilat
