// Expectations about kilat::Error.
#pragma once

#include <functional>
#include <initializer_list>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <kilat/error.h>

namespace kilat {

// Expects `run` to throw an Error of this kind, in one line that holds each of `words`.
inline void expect_error(const std::function<void()>& run, std::initializer_list<std::string> words,
                         Failure failure = Failure::input) {
  try {
    run();
    ADD_FAILURE() << "nothing was thrown";
  } catch (const Error& error) {
    const std::string text = error.what();
    EXPECT_EQ(error.failure(), failure) << text;
    EXPECT_THAT(text, testing::Not(testing::HasSubstr("\n")));
    for (const std::string& word : words) EXPECT_THAT(text, testing::HasSubstr(word));
  }
}

}  // namespace kilat
