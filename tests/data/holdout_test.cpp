#include <gtest/gtest.h>

#include <kilat/dataset.h>

#include "support/expect_error.h"

namespace kilat {
namespace {

using Kind = Holdout::Kind;

TEST(Holdout, ParsesEveryForm) {
  EXPECT_EQ(Holdout::parse("none"), Holdout{});
  EXPECT_EQ(Holdout::parse("0.1"), (Holdout{Kind::stratified_fraction, 0.1, 0, {}}));
  EXPECT_EQ(Holdout::parse("1e-3"), (Holdout{Kind::stratified_fraction, 0.001, 0, {}}));
  EXPECT_EQ(Holdout::parse("6000"), (Holdout{Kind::stratified_count, 0, 6000, {}}));
  EXPECT_EQ(Holdout::parse("1"), (Holdout{Kind::stratified_count, 0, 1, {}}));
  EXPECT_EQ(Holdout::parse("last:2000"), (Holdout{Kind::last, 0, 2000, {}}));
  EXPECT_EQ(Holdout::parse("8000:10000"), (Holdout{Kind::range, 0, 0, {8000, 10000}}));
}

TEST(Holdout, TextIsWhatWasParsed) {
  for (const std::string text :
       {"none", "0.1", "0.3333333333333333", "1e-05", "6000", "last:2000", "0:1", "8000:10000"}) {
    EXPECT_EQ(Holdout::parse(text).text(), text);
  }
}

TEST(Holdout, RefusesEverythingElse) {
  for (const std::string text : {"",
                                 " ",
                                 "None",
                                 "all",
                                 "0",
                                 "0.0",
                                 "1.0",
                                 "1.5",
                                 "-1",
                                 "-0.1",
                                 "+1",
                                 " 1",
                                 "1 ",
                                 "1,5",
                                 "nan",
                                 "inf",
                                 "0x10",
                                 "0.1x",
                                 "1e",
                                 "10%",
                                 "last",
                                 "last:",
                                 "last:0",
                                 "last:-1",
                                 "last:0.1",
                                 "last:1x",
                                 ":",
                                 "1:",
                                 ":2",
                                 "2:1",
                                 "2:2",
                                 "-1:2",
                                 "1:2:3",
                                 "1:2x",
                                 "0.1:2",
                                 "18446744073709551616",
                                 "last:18446744073709551616",
                                 "0:18446744073709551616"}) {
    expect_error([&] { Holdout::parse(text); }, {"'" + text + "'", "give none, a fraction"});
  }
}

}  // namespace
}  // namespace kilat
