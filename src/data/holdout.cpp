#include <charconv>
#include <optional>
#include <string_view>
#include <system_error>

#include <fmt/format.h>

#include <kilat/dataset.h>
#include <kilat/error.h>

namespace kilat {
namespace {

// The whole of `text` as a number, or nothing.
template <typename Number>
std::optional<Number> to_number(std::string_view text) {
  Number number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<Holdout> parse_holdout(std::string_view text) {
  constexpr std::string_view kLast = "last:";
  Holdout holdout;
  if (text == "none") return holdout;
  if (text.starts_with(kLast)) {
    const auto count = to_number<std::size_t>(text.substr(kLast.size()));
    if (!count || *count == 0) return std::nullopt;
    holdout.kind = Holdout::Kind::last;
    holdout.count = *count;
    return holdout;
  }
  if (const std::size_t colon = text.find(':'); colon != std::string_view::npos) {
    const auto first = to_number<std::size_t>(text.substr(0, colon));
    const auto last = to_number<std::size_t>(text.substr(colon + 1));
    if (!first || !last || *first >= *last) return std::nullopt;
    holdout.kind = Holdout::Kind::range;
    holdout.range = {*first, *last};
    return holdout;
  }
  if (const auto count = to_number<std::size_t>(text); count && *count > 0) {
    holdout.kind = Holdout::Kind::stratified_count;
    holdout.count = *count;
    return holdout;
  }
  if (const auto fraction = to_number<double>(text); fraction && *fraction > 0 && *fraction < 1) {
    holdout.kind = Holdout::Kind::stratified_fraction;
    holdout.fraction = *fraction;
    return holdout;
  }
  return std::nullopt;
}

}  // namespace

Holdout Holdout::parse(const std::string& text) {
  const auto holdout = parse_holdout(text);
  if (!holdout) {
    throw Error(
        fmt::format("cannot hold out '{}'; give none, a fraction between 0 and 1, a count, "
                    "last:COUNT or FIRST:LAST",
                    text));
  }
  return *holdout;
}

std::string Holdout::text() const {
  switch (kind) {
    case Kind::none:
      return "none";
    case Kind::stratified_fraction:
      return fmt::format("{}", fraction);
    case Kind::stratified_count:
      return fmt::format("{}", count);
    case Kind::last:
      return fmt::format("last:{}", count);
    case Kind::range:
      return fmt::format("{}:{}", range.first, range.last);
  }
  return {};
}

}  // namespace kilat
