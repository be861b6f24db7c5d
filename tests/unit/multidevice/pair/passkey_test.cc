// SPDX-License-Identifier: Apache-2.0
// Companion and phone agree when a passkey guards the linking, and nobody else does.
#include "multidevice/pair/passkey.hpp"

#include <gtest/gtest.h>

#include "multidevice/crypto/random.hpp"

namespace waxwing::multidevice {
namespace {

struct Passkey : ::testing::Test {
  PasskeyOffer offer = make_passkey_offer("2@reference", 1);
  KeyPair phone = KeyPair::generate();
  PasskeyPrimary primary{phone.open, to_array<32>(random_bytes(32)).value()};
  PublicKey noise{1};
  PublicKey identity{2};
  AdvSecret secret = random_secret<32>();
};

TEST_F(Passkey, BothSidesAgree) {
  const auto prologue = parse_passkey_prologue(offer.payload);
  ASSERT_TRUE(prologue);
  EXPECT_EQ(prologue->ref, "2@reference");
  EXPECT_EQ(prologue->device_type, 1U);
  EXPECT_EQ(prologue->key, offer.ephemeral.open);
  EXPECT_TRUE(passkey_commitment_holds(*prologue, offer.nonce));
  PasskeyNonce other = offer.nonce;
  other[31] ^= 1;
  EXPECT_FALSE(passkey_commitment_holds(*prologue, other));

  const auto heard = parse_passkey_primary(encode_passkey_primary(primary));
  ASSERT_TRUE(heard);
  EXPECT_EQ(passkey_code(offer.nonce, *heard), passkey_code(offer.nonce, primary));
  EXPECT_EQ(passkey_code(offer.nonce, primary).size(), 9U);
  EXPECT_NE(passkey_code(other, primary), passkey_code(offer.nonce, primary));

  const auto sealed = seal_pairing_request(offer, *heard, noise, identity, secret);
  ASSERT_TRUE(sealed);
  const auto request = open_pairing_request(phone, *prologue, *sealed);
  ASSERT_TRUE(request);
  EXPECT_EQ(request->noise_key, noise);
  EXPECT_EQ(request->identity, identity);
  EXPECT_EQ(request->secret, secret);
}

TEST_F(Passkey, TheRequestIsForOnePhoneAndOneOffer) {
  const auto sealed = seal_pairing_request(offer, primary, noise, identity, secret);
  ASSERT_TRUE(sealed);
  auto prologue = parse_passkey_prologue(offer.payload);
  ASSERT_TRUE(prologue);
  EXPECT_FALSE(open_pairing_request(KeyPair::generate(), *prologue, *sealed));
  prologue->device_type = 2;
  EXPECT_FALSE(open_pairing_request(phone, *prologue, *sealed));
  prologue->device_type = 1;
  prologue->ref = "2@another";
  EXPECT_FALSE(open_pairing_request(phone, *prologue, *sealed));
}

TEST_F(Passkey, TheProofNeedsTheSecretThatWasScanned) {
  EXPECT_EQ(passkey_handoff_proof(secret, offer.payload),
            passkey_handoff_proof(secret, offer.payload));
  EXPECT_NE(passkey_handoff_proof(secret, offer.payload),
            passkey_handoff_proof(random_secret<32>(), offer.payload));
  EXPECT_NE(passkey_handoff_proof(secret, offer.payload),
            passkey_handoff_proof(secret, as_bytes("other")));
}

TEST_F(Passkey, WhatIsNotWholeIsRefused) {
  for (std::size_t size = 0; size < offer.payload.size(); ++size) {
    EXPECT_FALSE(parse_passkey_prologue(ByteView(offer.payload).first(size))) << size;
  }
  const Bytes whole = encode_passkey_primary(primary);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(parse_passkey_primary(ByteView(whole).first(size))) << size;
  }
  const auto prologue = parse_passkey_prologue(offer.payload);
  EXPECT_FALSE(open_pairing_request(phone, *prologue, {}));
}

}  // namespace
}  // namespace waxwing::multidevice
