#include "base/sha256.h"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace kilat {
namespace {

void add(Sha256& hash, std::string_view text) {
  hash.add({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

std::string sha256(std::string_view text) {
  Sha256 hash;
  add(hash, text);
  return hash.hex();
}

// The examples of FIPS 180-2, appendix B, and the empty message.
TEST(Sha256, AgreesWithThePublishedExamples) {
  EXPECT_EQ(sha256(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(sha256(std::string(1'000'000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, OfPartsIsThatOfTheWhole) {
  Sha256 hash;
  add(hash, "a");
  add(hash, "");
  add(hash, "bc");
  EXPECT_EQ(hash.hex(), sha256("abc"));
}

}  // namespace
}  // namespace kilat
