// The kinds of fields that a recipe has, for recipe_fields.cpp.
#pragma once

#include <charconv>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <kilat/error.h>

#include "train/recipe_fields.h"

namespace kilat {

// Throws Error unless the whole text is a number of this type.
template <class T>
T parse_number(const std::string& text) {
  T value{};
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end) throw Error(fmt::format("'{}' is no such number", text));
  return value;
}

template <class T>
inline RecipeField number(const char* name, const char* alias, const char* group, const char* value,
                          T Recipe::*field, const char* help) {
  return {name,
          alias,
          group,
          value,
          help,
          [field](const Recipe& r) { return fmt::format("{}", r.*field); },
          [field](Recipe& r, const std::string& text) { r.*field = parse_number<T>(text); }};
}

// A count of which one value, `meaning`, is written as a word: "full", "none".
inline RecipeField count_or(const char* name, const char* group, const char* value,
                            const char* word, std::size_t meaning, std::size_t Recipe::*field,
                            const char* help) {
  return {name,
          "",
          group,
          value,
          help,
          [=](const Recipe& r) {
            return r.*field == meaning ? std::string(word) : fmt::format("{}", r.*field);
          },
          [=](Recipe& r, const std::string& text) {
            r.*field = text == word ? meaning : parse_number<std::size_t>(text);
          }};
}

inline RecipeField toggle(const char* name, const char* group, bool Recipe::*field,
                          const char* help) {
  return {name,
          "",
          group,
          "",
          help,
          [field](const Recipe& r) { return std::string(r.*field ? "true" : "false"); },
          [field](Recipe& r, const std::string& text) {
            if (text != "true" && text != "false") throw Error("say true or false");
            r.*field = text == "true";
          }};
}

template <class E>
using Names = std::vector<std::pair<E, std::string>>;

template <class E>
inline RecipeField choice(const char* name, const char* group, E Recipe::*field, Names<E> names,
                          const std::string& help) {
  std::vector<std::string> words;
  for (const auto& [value, word] : names) words.push_back(word);
  const std::string all = fmt::format("{}", fmt::join(words, "|"));
  return {name,
          "",
          group,
          all,
          help,
          [field, names](const Recipe& r) {
            for (const auto& [value, word] : names) {
              if (r.*field == value) return word;
            }
            return std::string();
          },
          [field, names, all](Recipe& r, const std::string& text) {
            for (const auto& [value, word] : names) {
              if (text == word) return void(r.*field = value);
            }
            throw Error(fmt::format("'{}' is none of {}", text, all));
          }};
}

}  // namespace kilat
