// SPDX-License-Identifier: Apache-2.0
// Hashes against published vectors.
#include "base/digest.hpp"

#include <gtest/gtest.h>

namespace waxwing {
namespace {

TEST(Digest, HashesAreFips180s) {
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_TRUE(sha512_hex("abc").starts_with("ddaf35a193617abacc417349ae204131"));
}

// The example that WAHA's documents give for webhooks.
TEST(Digest, HmacSignsAsTheContractSays) {
  EXPECT_EQ(
      hmac_sha512_hex("my-secret-key",
                      R"({"event":"message","session":"default","engine":"WEBJS"})"),
      "208f8a55dde9e05519e898b10b89bf0d0b3b0fdf11fdbf09b6b90476301b98d8097c462b2b17a6ce93b6b47a1"
      "36cf2e78a33a63f6752c2c1631777076153fa89");
}

TEST(Digest, ComparesSecretsByContent) {
  EXPECT_TRUE(equal_constant_time("same", "same"));
  EXPECT_FALSE(equal_constant_time("same", "sam"));
  EXPECT_FALSE(equal_constant_time("same", "samE"));
}

}  // namespace
}  // namespace waxwing
