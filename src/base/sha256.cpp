#include "base/sha256.h"

#include <array>

#include <fmt/format.h>
#include <openssl/evp.h>

#include <kilat/error.h>

namespace kilat {
namespace {

EVP_MD_CTX* evp(void* context) { return static_cast<EVP_MD_CTX*>(context); }

// EVP functions return 1 on success.
void check(int result) {
  if (result != 1) throw Error("libcrypto cannot compute SHA-256", Failure::run);
}

}  // namespace

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
  if (context_ == nullptr || EVP_DigestInit_ex(evp(context_), EVP_sha256(), nullptr) != 1) {
    EVP_MD_CTX_free(evp(context_));
    throw Error("libcrypto offers no SHA-256", Failure::run);
  }
}

Sha256::~Sha256() { EVP_MD_CTX_free(evp(context_)); }

void Sha256::add(std::span<const std::uint8_t> bytes) {
  check(EVP_DigestUpdate(evp(context_), bytes.data(), bytes.size()));
}

std::string Sha256::hex() {
  std::array<std::uint8_t, 32> digest{};
  check(EVP_DigestFinal_ex(evp(context_), digest.data(), nullptr));
  std::string text;
  for (const std::uint8_t byte : digest) text += fmt::format("{:02x}", byte);
  return text;
}

}  // namespace kilat
