// SPDX-License-Identifier: Apache-2.0
// Key pairs, shared secrets and signatures: known answers and refusals.
#include "multidevice/crypto/curve25519.hpp"

#include <gtest/gtest.h>

#include "multidevice/crypto/signature.hpp"
#include "support/wa_vectors.hpp"

namespace waxwing::multidevice {
namespace {

using waxwing::testing::wa_octets;

KeyPair pair_at(std::string_view path) {
  return KeyPair::from_private(*PrivateKey::from(wa_octets(path)));
}
PublicKey key_at(std::string_view path) {
  return to_array<32>(wa_octets(path)).value_or(PublicKey{});
}

// Section 6.1 of RFC 7748.
TEST(Curve25519, WritesTheVectorOfRfc7748) {
  const KeyPair bob = KeyPair::from_private(*PrivateKey::from(
      *from_hex("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb")));
  EXPECT_EQ(to_hex(bob.open), "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f");
  const PublicKey alice =
      *to_array<32>(*from_hex("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a"));
  EXPECT_EQ(to_hex(*shared_secret(bob.secret, alice)),
            "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742");
}

TEST(Curve25519, DerivesTheVectorsKeys) {
  EXPECT_EQ(pair_at("noise.root_priv").open, key_at("noise.root_pub"));
  EXPECT_EQ(pair_at("adv.account_priv").open, key_at("adv.account_pub"));
  EXPECT_EQ(pair_at("adv.identity_priv").open, key_at("adv.identity_pub"));
}

TEST(Curve25519, SharesASecret) {
  const KeyPair companion = pair_at("link_code.companion_ephemeral_priv");
  const KeyPair primary = pair_at("link_code.primary_ephemeral_priv");
  EXPECT_EQ(to_hex(*shared_secret(companion.secret, primary.open)),
            to_hex(wa_octets("link_code.ephemeral_shared")));
  EXPECT_EQ(*shared_secret(companion.secret, primary.open),
            *shared_secret(primary.secret, companion.open));
}

TEST(Curve25519, RefusesKeysOfSmallOrder) {
  for (const PublicKey& key : {PublicKey{}, PublicKey{1}}) {
    const auto secret = shared_secret(KeyPair::generate().secret, key);
    ASSERT_FALSE(secret);
    EXPECT_EQ(secret.error().fault(), Fault::Untrusted);
  }
}

TEST(Curve25519, MakesManyKeysAsItMakesOne) {
  for (const std::size_t count : {0U, 1U, 2U, 33U}) {
    const std::vector<KeyPair> pairs = KeyPair::generate_many(count);
    ASSERT_EQ(pairs.size(), count);
    for (const KeyPair& pair : pairs) {
      const KeyPair single = KeyPair::from_private(pair.secret);
      EXPECT_EQ(pair.open, single.open);
      EXPECT_EQ(pair.secret, single.secret);
    }
  }
}

TEST(Signature, VerifiesThoseOfOtherImplementations) {
  const PublicKey account = key_at("adv.account_pub");
  const Bytes message = wa_octets("adv.account_sig_message");
  Bytes signature = wa_octets("adv.account_signature_sample");
  EXPECT_TRUE(verify(account, {message}, signature));
  EXPECT_TRUE(verify(key_at("adv.identity_pub"), {wa_octets("adv.device_sig_message")},
                     wa_octets("adv.device_signature_sample")));
  EXPECT_FALSE(verify(key_at("adv.identity_pub"), {message}, signature));
}

TEST(Signature, RefusesEveryChangedBit) {
  const KeyPair pair = KeyPair::generate();
  const Bytes message = to_bytes(as_bytes("a message"));
  const Signature signature = sign(pair.secret, {message});
  ASSERT_TRUE(verify(pair.open, {message}, signature));
  for (std::size_t bit = 0; bit < kSignatureBytes * 8; ++bit) {
    Signature changed = signature;
    changed[bit / 8] = static_cast<std::uint8_t>(changed[bit / 8] ^ (1U << bit % 8));
    EXPECT_FALSE(verify(pair.open, {message}, changed)) << bit;
  }
  EXPECT_FALSE(verify(pair.open, {as_bytes("b message")}, signature));
  EXPECT_FALSE(verify(pair.open, {message}, ByteView(signature).first(63)));
}

TEST(Signature, RefusesTheKeyWithoutAnEdwardsForm) {
  PublicKey minus_one;
  minus_one.fill(0xff);
  minus_one[0] = 0xec;
  minus_one[31] = 0x7f;
  EXPECT_FALSE(verify(minus_one, {as_bytes("x")}, Bytes(64)));
}

TEST(Signature, IsAnotherOneEveryTime) {
  const KeyPair pair = KeyPair::generate();
  EXPECT_NE(sign(pair.secret, {as_bytes("x")}), sign(pair.secret, {as_bytes("x")}));
  EXPECT_TRUE(
      verify(pair.open, {as_bytes("xy")}, sign(pair.secret, {as_bytes("x"), as_bytes("y")})));
}

}  // namespace
}  // namespace waxwing::multidevice
