// SHA-256 (FIPS 180-4), by OpenSSL.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace kilat {

class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  void add(std::span<const std::uint8_t> bytes);
  std::string hex();  // 64 digits; ends the object's use

 private:
  void* context_;  // EVP_MD_CTX
};

}  // namespace kilat
