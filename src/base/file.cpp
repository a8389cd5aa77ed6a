#include "base/file.h"

#include <atomic>
#include <cerrno>
#include <string>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <kilat/error.h>

#include "base/descriptor.h"
#include "base/input_file.h"

namespace kilat {
namespace {

namespace fs = std::filesystem;

fs::path folder_of(const fs::path& file) {
  return file.has_parent_path() ? file.parent_path() : fs::path(".");
}

Error disk_full(const fs::path& file) {
  return Error(fmt::format("{}: the disk is full; free some space and try again", file.string()),
               Failure::run);
}

// `file` could not be opened, created or put in its place.
Error cannot_write(const fs::path& file, int error) {
  const std::string folder = folder_of(file).string();
  switch (error) {
    case ENOSPC:
    case EDQUOT:
      return disk_full(file);
    case ENOENT:
      return Error(
          fmt::format("{}: the folder {} does not exist; create it first", file.string(), folder));
    case ENOTDIR:
      return Error(
          fmt::format("{}: {} is not a folder; choose another place", file.string(), folder));
    case EACCES:
    case EPERM:
      return Error(fmt::format("{}: no permission to write it in {}; choose another place",
                               file.string(), folder));
    default:
      const bool short_of = error == EMFILE || error == ENFILE || error == ENOMEM || error == EIO;
      return Error(fmt::format("{}: cannot be written: {}", file.string(),
                               std::generic_category().message(error)),
                   short_of ? Failure::run : Failure::input);
  }
}

Error failed_midway(const fs::path& file, int error) {
  if (error == ENOSPC || error == EDQUOT) return disk_full(file);
  return Error(
      fmt::format("{}: writing failed: {}", file.string(), std::generic_category().message(error)),
      Failure::run);
}

Descriptor open_for_writing(const fs::path& file, int flags) {
  for (;;) {
    // The mode of a new file, before the process's umask.
    const int number = ::open(file.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY | flags, 0666);
    if (number >= 0 || errno != EINTR) return Descriptor(number);
  }
}

void write_all(const Descriptor& descriptor, std::span<const std::uint8_t> bytes,
               const fs::path& file) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(descriptor.get(), bytes.data(), bytes.size());
    if (count < 0) {
      if (errno == EINTR) continue;
      throw failed_midway(file, errno);
    }
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
}

// EINVAL: a file system that has nothing to sync.
bool sync(const Descriptor& descriptor) {
  int result = 0;
  do {
    result = ::fsync(descriptor.get());
  } while (result != 0 && errno == EINTR);
  return result == 0 || errno == EINVAL;
}

// A new file beside `target`, removed unless it takes the target's place.
class TemporaryFile {
 public:
  explicit TemporaryFile(const fs::path& target) : target_(target) {
    static std::atomic<unsigned> counter = 0;
    do {  // a number is taken only where a killed process of the same id left its file
      path_ = folder_of(target) / fmt::format(".kilat-{}-{}.tmp", ::getpid(), counter++);
      descriptor_ = open_for_writing(path_, O_CREAT | O_EXCL);
    } while (!descriptor_ && errno == EEXIST);
    if (!descriptor_) throw cannot_write(target, errno);
  }
  ~TemporaryFile() {
    if (!path_.empty()) ::unlink(path_.c_str());
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  const Descriptor& descriptor() const { return descriptor_; }

  // Makes the contents permanent under the target's name.
  void replace_target() {
    if (!sync(descriptor_) || !descriptor_.close()) throw failed_midway(target_, errno);
    if (::rename(path_.c_str(), target_.c_str()) != 0) throw cannot_write(target_, errno);
    path_.clear();
    // The file is complete by now. A folder that cannot be opened for reading cannot be synced;
    // like SQLite, let it be.
    const Descriptor folder(::open(folder_of(target_).c_str(), O_RDONLY | O_CLOEXEC | O_DIRECTORY));
    if (folder) sync(folder);
  }

 private:
  const fs::path target_;
  fs::path path_;
  Descriptor descriptor_;
};

void replace_file(const fs::path& target, std::span<const std::uint8_t> bytes) {
  struct stat status = {};
  const bool exists = ::stat(target.c_str(), &status) == 0;
  // rename would replace even a write-protected file.
  if (exists && ::access(target.c_str(), W_OK) != 0) throw cannot_write(target, errno);
  TemporaryFile temporary(target);
  if (exists) ::fchmod(temporary.descriptor().get(), status.st_mode & 0777);  // where modes exist
  write_all(temporary.descriptor(), bytes, target);
  temporary.replace_target();
}

void write_directly(const fs::path& file, std::span<const std::uint8_t> bytes) {
  Descriptor descriptor = open_for_writing(file, O_APPEND);
  if (!descriptor) throw cannot_write(file, errno);
  write_all(descriptor, bytes, file);
  if (!descriptor.close()) throw failed_midway(file, errno);
}

// Whether `file` is a device, a pipe, or a link of the system's own, such as /dev/stdout, even
// where that leads to a regular file: a shell has it open, and it must not be replaced.
bool is_special(const fs::path& file, const fs::file_status& status) {
  if (!fs::is_regular_file(status)) return true;
  std::error_code ignored;
  if (!fs::is_symlink(file, ignored)) return false;
  const std::string folder = fs::canonical(folder_of(file), ignored).string();
  return folder == "/dev" || folder.starts_with("/proc/");
}

}  // namespace

std::vector<std::uint8_t> read_file(const fs::path& file) { return InputFile(file).read_all(); }

void write_file(const fs::path& file, std::span<const std::uint8_t> bytes) {
  std::error_code error;
  const fs::file_status status = fs::status(file, error);
  if (fs::is_directory(status)) {
    throw Error(fmt::format("{}: a folder; give the name of a file in it", file.string()));
  }
  if (!fs::exists(status)) return replace_file(file, bytes);
  if (is_special(file, status)) return write_directly(file, bytes);
  // The file that a link leads to is replaced, not the link.
  const fs::path target = fs::canonical(file, error);
  replace_file(error ? file : target, bytes);
}

void write_file(const fs::path& file, std::string_view text) {
  write_file(file, std::span(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()));
}

}  // namespace kilat
