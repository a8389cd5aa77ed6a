// What the symbol table of a loaded object tells: the names of its kernels, its shared variables.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace emulation {

struct SharedVariable {
  std::size_t offset;  // in the object's thread-local image
  std::size_t size;
  std::string name;
};

struct Gap {
  std::size_t offset;
  std::size_t size;
};

// An object with kernels. Its symbol table must not be stripped.
struct Object {
  std::string path;
  std::uintptr_t base = 0;
  std::size_t tls_module = 0;
  std::size_t tls_size = 0;
  std::vector<SharedVariable> variables;            // by offset
  std::vector<Gap> gaps;                            // the image without the variables
  std::map<std::uintptr_t, std::string> functions;  // mangled, by address less the base

  // The calling thread's image; null when the object has none.
  unsigned char* image() const;
  // As C++ spells it.
  std::string name_of(const void* function) const;
};

// The object that holds the address, read once. Fails, and returns one without symbols, if the
// address is in none or its file cannot be read.
const Object& object_of(const void* address);

}  // namespace emulation
