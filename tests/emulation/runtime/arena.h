// Memory of which no address is ever used twice: what is freed stays unreadable.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "runtime/guarded_pages.h"

namespace emulation {

struct Allocation {
  unsigned char* pages;
  Placement placement;
  std::size_t size;
  bool live = true;
  bool free_queued = false;  // a stream will free it
  bool open = false;         // its pages can be read and written

  unsigned char* data() const { return pages + placement.offset; }
};

// Two exist: the device's memory, closed but while kernels and copies run, and pinned memory.
class Arena {
 public:
  enum class Access { when_opened, always };
  Arena(const char* name, Access access) : name_(name), access_(access) {}

  // Filled with NaN, aligned to 256 bytes; null if no address space is left.
  void* allocate(std::size_t bytes);
  void free(Allocation& allocation);
  void free_all();

  bool contains(const void* address) const;
  // The allocation, live or freed, whose pages or guard page hold the address; null outside.
  Allocation* find(const void* address);
  // The live allocation that begins at the address; null if there is none.
  Allocation* find_start(const void* address);

  // Between these each allocation is opened by its first access, see let_in().
  void open() { open_ = true; }
  void close();
  bool is_open() const { return open_; }
  // After a fault at the address: opens the allocation that holds it. False if that is not to be.
  bool let_in(const void* address);

  // The first open allocation around which something was written; "" if there is none.
  std::string find_damage() const;
  // "byte 12 of the 16 bytes of device memory at 0x...", for any address of this arena.
  std::string describe(const void* address);

  // "2 allocations, 512 bytes of device memory "; "" if there is none.
  std::string describe_live() const;

  std::size_t live_count() const { return live_.size(); }
  std::size_t live_bytes() const { return live_bytes_; }

 private:
  void reserve();

  const char* name_;
  Access access_;
  unsigned char* begin_ = nullptr;
  std::size_t used_ = 0;
  bool open_ = false;
  std::size_t live_bytes_ = 0;
  std::map<const unsigned char*, Allocation> all_;    // by pages
  std::map<const unsigned char*, Allocation*> live_;  // by data
  std::vector<Allocation*> opened_;
};

Arena& device_memory();
Arena& pinned_memory();

// Fails unless the bytes lie inside one live allocation of the device or of pinned memory.
// `what` begins the line: "cublasSgemm: A".
bool check_range(const void* begin, std::size_t bytes, const std::string& what);

// Opens the device's memory for as long as it exists; may be nested.
class DeviceAccess {
 public:
  DeviceAccess();
  DeviceAccess(const DeviceAccess&) = delete;
  DeviceAccess& operator=(const DeviceAccess&) = delete;
  ~DeviceAccess();

 private:
  bool opened_;
};

}  // namespace emulation
