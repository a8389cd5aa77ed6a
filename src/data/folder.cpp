#include <algorithm>
#include <optional>
#include <set>
#include <string_view>
#include <system_error>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <kilat/dataset.h>
#include <kilat/error.h>

namespace kilat {
namespace {

namespace fs = std::filesystem;

enum class Content { images, labels };

struct IdxName {
  std::string prefix;
  Part part = Part::train;
  Content content = Content::images;
  std::string raw;  // without .gz
};

// Takes `ending` off `text`, or says that it is not there.
bool take_off(std::string_view& text, std::string_view ending) {
  if (!text.ends_with(ending)) return false;
  text.remove_suffix(ending.size());
  return true;
}

// PREFIX{train|t10k|test}-{images|labels}{-|.}idx{1…4}-ubyte[.gz], read from its end.
std::optional<IdxName> parse_name(std::string_view text) {
  IdxName name;
  take_off(text, ".gz");
  name.raw = text;
  if (!take_off(text, "-ubyte")) return std::nullopt;
  if (text.empty() || text.back() < '1' || text.back() > '4') return std::nullopt;
  text.remove_suffix(1);
  if (!take_off(text, "-idx") && !take_off(text, ".idx")) return std::nullopt;
  if (take_off(text, "-images")) {
    name.content = Content::images;
  } else if (take_off(text, "-labels")) {
    name.content = Content::labels;
  } else {
    return std::nullopt;
  }
  if (take_off(text, "train")) {
    name.part = Part::train;
  } else if (take_off(text, "t10k") || take_off(text, "test")) {
    name.part = Part::test;
  } else {
    return std::nullopt;
  }
  name.prefix = text;
  return name;
}

// The regular files of a folder, in the order of their names.
std::vector<std::string> file_names(const fs::path& folder) {
  std::error_code error;
  const fs::file_status status = fs::status(folder, error);
  if (!fs::exists(status)) {
    throw Error(fmt::format("{}: no such folder; check the path", folder.string()));
  }
  std::vector<std::string> names;
  fs::directory_iterator entries(folder, error);
  for (; !error && entries != fs::directory_iterator(); entries.increment(error)) {
    std::error_code broken_link;
    if (entries->is_regular_file(broken_link)) names.push_back(entries->path().filename());
  }
  if (error == std::errc::not_a_directory) {
    throw Error(
        fmt::format("{}: not a folder; give the folder that holds the IDX files", folder.string()));
  }
  if (error) {
    throw Error(
        fmt::format("{}: the folder cannot be listed: {}", folder.string(), error.message()));
  }
  std::sort(names.begin(), names.end());
  return names;
}

void check_one_data_set(const fs::path& folder, const std::vector<IdxName>& names) {
  std::set<std::string> prefixes;
  for (const IdxName& name : names) {
    prefixes.insert(name.prefix.empty() ? "without prefix" : name.prefix + "*");
  }
  if (prefixes.size() > 1) {
    throw Error(fmt::format("{}: holds several data sets ({}); keep each in a folder of its own",
                            folder.string(), fmt::join(prefixes, ", ")));
  }
}

// The names looked for, for a message.
std::string usual_names(Part part, Content content) {
  const std::string_view what = content == Content::images ? "images" : "labels";
  const int rank = content == Content::images ? 3 : 1;
  const auto both = [&](std::string_view stem) {
    return fmt::format("{0}-{1}-idx{2}-ubyte, {0}-{1}.idx{2}-ubyte", stem, what, rank);
  };
  return part == Part::train ? both("train") : both("t10k") + ", " + both("test");
}

fs::path find_file(const fs::path& folder, const std::vector<IdxName>& names, Part part,
                   Content content) {
  std::set<std::string> found;  // a raw file and its .gz are one
  for (const IdxName& name : names) {
    if (name.part == part && name.content == content) found.insert(name.raw);
  }
  const std::string_view part_name = part == Part::train ? "training" : "test";
  const std::string_view what = content == Content::images ? "images" : "labels";
  if (found.empty()) {
    throw Error(fmt::format("{}: no {} {}; looked for {}, with or without .gz, behind any prefix",
                            folder.string(), part_name, what, usual_names(part, content)));
  }
  if (found.size() > 1) {
    throw Error(fmt::format("{}: several files of {} {} ({}); keep one", folder.string(), part_name,
                            what, fmt::join(found, ", ")));
  }
  const fs::path raw = folder / *found.begin();
  std::error_code error;
  return fs::is_regular_file(raw, error) ? raw : fs::path(raw.string() + ".gz");
}

}  // namespace

Dataset load_part(const fs::path& folder, Part part) {
  std::vector<IdxName> names;
  for (const std::string& file : file_names(folder)) {
    if (const auto name = parse_name(file)) names.push_back(*name);
  }
  check_one_data_set(folder, names);
  const fs::path images = find_file(folder, names, part, Content::images);
  return load_dataset(images, find_file(folder, names, part, Content::labels));
}

}  // namespace kilat
