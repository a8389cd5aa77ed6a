#include "runtime/symbols.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <string_view>

#include <cxxabi.h>
#include <elf.h>
#include <fmt/format.h>
#include <link.h>

#include "runtime/failure.h"

extern "C" void* __tls_get_addr(std::size_t* module_and_offset);

namespace emulation {
namespace {

struct Search {
  std::uintptr_t address;
  Object found;
  bool is_found = false;
};

int visit(dl_phdr_info* info, std::size_t, void* data) {
  auto& search = *static_cast<Search*>(data);
  std::size_t tls_size = 0;
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    const auto& segment = info->dlpi_phdr[i];
    if (segment.p_type == PT_TLS) tls_size = segment.p_memsz;
    if (segment.p_type != PT_LOAD) continue;
    const std::uintptr_t begin = info->dlpi_addr + segment.p_vaddr;
    if (search.address >= begin && search.address < begin + segment.p_memsz) search.is_found = true;
  }
  if (!search.is_found) return 0;
  search.found.path = *info->dlpi_name == '\0' ? "/proc/self/exe" : info->dlpi_name;
  search.found.base = info->dlpi_addr;
  search.found.tls_module = info->dlpi_tls_modid;
  search.found.tls_size = tls_size;
  return 1;
}

std::string demangle(const std::string& mangled) {
  int status = 0;
  const std::unique_ptr<char, void (*)(void*)> name(
      abi::__cxa_demangle(mangled.c_str(), nullptr, nullptr, &status), std::free);
  std::string text = status == 0 ? name.get() : mangled;
  constexpr std::string_view kAnonymous = "(anonymous namespace)::";
  for (std::size_t at; (at = text.find(kAnonymous)) != std::string::npos;) {
    text.erase(at, kAnonymous.size());
  }
  return text;
}

// The symbol table of a file that was checked to be as long as its headers say.
class SymbolTable {
 public:
  explicit SymbolTable(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    bytes_.assign(std::istreambuf_iterator<char>(file), {});
    Elf64_Ehdr header;
    if (!read(0, header) || std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0) return;
    for (std::size_t i = 0; i < header.e_shnum; ++i) {
      Elf64_Shdr section, strings;
      if (!read(header.e_shoff + i * sizeof section, section)) return;
      if (section.sh_type != SHT_SYMTAB) continue;
      if (!read(header.e_shoff + section.sh_link * sizeof strings, strings)) return;
      if (strings.sh_offset + strings.sh_size > bytes_.size()) return;
      symbols_ = section;
      strings_ = {bytes_.data() + strings.sh_offset, strings.sh_size};
    }
  }

  template <class F>
  void for_each(const F& f) const {
    for (std::size_t i = 0; i < symbols_.sh_size / sizeof(Elf64_Sym); ++i) {
      Elf64_Sym symbol;
      if (!read(symbols_.sh_offset + i * sizeof symbol, symbol)) return;
      if (symbol.st_name >= strings_.size() || symbol.st_shndx == SHN_UNDEF) continue;
      f(symbol, std::string(strings_.substr(symbol.st_name).data()));
    }
  }

 private:
  template <class T>
  bool read(std::size_t offset, T& value) const {
    if (offset > bytes_.size() || bytes_.size() - offset < sizeof value) return false;
    std::memcpy(&value, bytes_.data() + offset, sizeof value);
    return true;
  }

  std::vector<char> bytes_;
  Elf64_Shdr symbols_ = {};
  std::string_view strings_;
};

bool is_guard(const std::string& name) {
  return name.find("emulation_guard_") != std::string::npos;
}

void find_gaps(Object& object) {
  std::sort(object.variables.begin(), object.variables.end(),
            [](const auto& a, const auto& b) { return a.offset < b.offset; });
  std::size_t end = 0;
  for (const SharedVariable& variable : object.variables) {
    if (variable.offset > end) object.gaps.push_back({end, variable.offset - end});
    end = std::max(end, variable.offset + variable.size);
  }
  if (end < object.tls_size) object.gaps.push_back({end, object.tls_size - end});
}

void read_symbols(Object& object) {
  SymbolTable(object.path).for_each([&](const Elf64_Sym& symbol, const std::string& name) {
    const int type = ELF64_ST_TYPE(symbol.st_info);
    if (type == STT_FUNC) {
      // The compiler's aliases and parts have a dot in their names.
      std::string& known = object.functions[symbol.st_value];
      if (known.empty() || known.find('.') != std::string::npos) known = name;
    }
    if (type != STT_TLS || is_guard(name)) return;
    if (!name.starts_with("_ZZ")) {
      fail(fmt::format("{} holds kernels, so it must have no thread_local variable: {}",
                       object.path, demangle(name)));
    }
    object.variables.push_back({symbol.st_value, symbol.st_size, demangle(name)});
  });
  if (object.functions.empty()) fail(object.path + " is stripped: its kernels have no names");
  find_gaps(object);
}

}  // namespace

unsigned char* Object::image() const {
  if (tls_size == 0) return nullptr;
  std::size_t module_and_offset[] = {tls_module, 0};
  return static_cast<unsigned char*>(__tls_get_addr(module_and_offset));
}

std::string Object::name_of(const void* function) const {
  const auto found = functions.find(reinterpret_cast<std::uintptr_t>(function) - base);
  return found == functions.end() ? fmt::format("at {}", function) : demangle(found->second);
}

const Object& object_of(const void* address) {
  static std::map<const void*, const Object*> known;
  static std::vector<std::unique_ptr<const Object>> objects;
  const auto seen = known.find(address);
  if (seen != known.end()) return *seen->second;
  Search search = {reinterpret_cast<std::uintptr_t>(address), {}};
  dl_iterate_phdr(visit, &search);
  if (!search.is_found) fail(fmt::format("no loaded object holds a kernel {}", address));
  for (const auto& object : objects) {
    if (object->path == search.found.path) return *(known[address] = object.get());
  }
  if (search.is_found) read_symbols(search.found);
  objects.push_back(std::make_unique<const Object>(std::move(search.found)));
  return *(known[address] = objects.back().get());
}

}  // namespace emulation
