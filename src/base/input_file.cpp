#include "base/input_file.h"

#include <cerrno>
#include <new>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <kilat/error.h>

#include "base/huge_pages.h"

namespace kilat {
namespace {

// Files of /proc say that they hold 0 bytes; as much as this is read of them.
constexpr std::size_t kUnsizedLimit = std::size_t{1} << 20;

Error cannot_open(const std::string& file, int error) {
  switch (error) {
    case ENOENT:
      return Error(fmt::format("{}: no such file; check the path", file));
    case EACCES:
      return Error(fmt::format("{}: no permission to read it; change its mode or owner", file));
    default:
      const bool short_of = error == EMFILE || error == ENFILE || error == ENOMEM || error == EIO;
      return Error(
          fmt::format("{}: cannot be opened: {}", file, std::generic_category().message(error)),
          short_of ? Failure::run : Failure::input);
  }
}

}  // namespace

InputFile::InputFile(std::filesystem::path path) : path_(std::move(path)) {
  // O_NONBLOCK: opening a pipe must not wait for its writer.
  do {
    descriptor_ = Descriptor(::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  } while (!descriptor_ && errno == EINTR);
  if (!descriptor_) throw cannot_open(path_.string(), errno);

  struct stat status = {};
  if (::fstat(descriptor_.get(), &status) != 0) throw cannot_open(path_.string(), errno);
  if (S_ISDIR(status.st_mode)) {
    throw Error(fmt::format("{}: a folder, where a file is expected", path_.string()));
  }
  if (!S_ISREG(status.st_mode)) {
    throw Error(fmt::format("{}: not a regular file; save its contents to one", path_.string()));
  }
  size_ = static_cast<std::size_t>(status.st_size);
}

std::size_t InputFile::read_at(std::size_t offset, std::span<std::uint8_t> bytes) const {
  std::size_t filled = 0;
  while (filled < bytes.size()) {
    const ssize_t count = ::pread(descriptor_.get(), bytes.data() + filled, bytes.size() - filled,
                                  static_cast<off_t>(offset + filled));
    if (count == 0) break;
    if (count < 0) {
      if (errno == EINTR) continue;
      throw Error(fmt::format("{}: reading failed: {}", path_.string(),
                              std::generic_category().message(errno)),
                  Failure::run);
    }
    filled += static_cast<std::size_t>(count);
  }
  return filled;
}

std::vector<std::uint8_t> InputFile::read_all() const {
  std::vector<std::uint8_t> bytes = allocate_bytes(size_ == 0 ? kUnsizedLimit : size_, path_);
  bytes.resize(read_at(0, bytes));
  return bytes;
}

std::vector<std::uint8_t> allocate_bytes(std::size_t size, const std::filesystem::path& file) try {
  std::vector<std::uint8_t> bytes;
  bytes.reserve(size);
  prefer_huge_pages(bytes.data(), size);
  bytes.resize(size);
  return bytes;
} catch (const std::exception&) {  // bad_alloc, or length_error beyond the address range
  throw Error(fmt::format("{}: out of memory: {} bytes are needed; use a machine with more memory",
                          file.string(), size),
              Failure::run);
}

}  // namespace kilat
