// SPDX-License-Identifier: Apache-2.0
// Linking codes: the recorded exchange, both sides of ours, and a wrong code.
#include "multidevice/pair/link_code.hpp"

#include <gtest/gtest.h>

#include "support/wa_vectors.hpp"

namespace waxwing::multidevice {
namespace {

using waxwing::testing::wa_octets;
using waxwing::testing::wa_vector;

KeyPair pair_at(const char* path) {
  return KeyPair::from_private(*PrivateKey::from(wa_octets(path)));
}

TEST(LinkCode, HasFiveBitsPerCharacter) {
  EXPECT_EQ(encode_link_code(wa_octets("link_code.code_from_bytes.bytes")),
            wa_vector("link_code.code_from_bytes.code").text());
  EXPECT_EQ(encode_link_code(Bytes(5, 0xff)), "ZZZZZZZZ");
  EXPECT_EQ(encode_link_code(Bytes(5)), "11111111");
  EXPECT_EQ(with_dash("ABCD1234"), "ABCD-1234");
  EXPECT_NE(random_link_code(), random_link_code());
  EXPECT_EQ(normalise_link_code(with_dash(random_link_code()))->size(), kLinkCodeLength);
}

TEST(LinkCode, IsReadAsPeopleTypeIt) {
  EXPECT_EQ(normalise_link_code("abcd-1234"), "ABCD1234");
  EXPECT_EQ(normalise_link_code(" ABCD 1234 "), "ABCD1234");
  for (const char* typed : {"", "ABCD123", "ABCD12345", "ABCD-123O", "ABCD_1234"}) {
    EXPECT_FALSE(normalise_link_code(typed)) << typed;
  }
}

// The recorded exchange of both sides.
TEST(LinkCode, FollowsTheRecordedExchange) {
  const std::string code = wa_vector("link_code.code").text();
  const Bytes companion_wrapped = wa_octets("link_code.wrapped_companion_ephemeral");
  const Bytes primary_wrapped = wa_octets("link_code.wrapped_primary_ephemeral");
  const KeyPair companion = pair_at("link_code.companion_ephemeral_priv");
  const KeyPair primary = pair_at("link_code.primary_ephemeral_priv");
  const KeyPair primary_identity = pair_at("link_code.primary_identity_priv");
  const KeyPair companion_identity = pair_at("link_code.companion_identity_priv");

  const auto key = derive_code_key(code, *wrapped_salt(companion_wrapped));
  EXPECT_EQ(*unwrap_key(key, companion_wrapped), companion.open);
  const auto other_key = derive_code_key(code, *wrapped_salt(primary_wrapped));
  EXPECT_EQ(*unwrap_key(other_key, primary_wrapped), primary.open);

  const auto secret =
      finish_as_primary(primary, primary_identity, companion.open, companion_identity.open,
                        wa_octets("link_code.wrapped_key_bundle"));
  ASSERT_TRUE(secret) << secret.error().message();
  EXPECT_EQ(to_hex(*secret), wa_vector("link_code.adv_secret").text());
}

class LinkCodePair : public ::testing::Test {
 protected:
  KeyPair companion_ = KeyPair::generate();
  KeyPair primary_ = KeyPair::generate();
  KeyPair companion_identity_ = KeyPair::generate();
  KeyPair primary_identity_ = KeyPair::generate();
};

TEST_F(LinkCodePair, DerivesTheSameSecret) {
  const auto finish =
      finish_as_companion(companion_, companion_identity_, primary_.open, primary_identity_.open);
  ASSERT_TRUE(finish);
  EXPECT_EQ(finish->bundle.size(), kKeyBundleBytes);
  const auto secret = finish_as_primary(primary_, primary_identity_, companion_.open,
                                        companion_identity_.open, finish->bundle);
  ASSERT_TRUE(secret);
  EXPECT_EQ(*secret, finish->adv_secret);
}

TEST_F(LinkCodePair, TellsAWrongCodeByTheBundle) {
  const Secret<32> right(PublicKey{1});
  const Secret<32> wrong(PublicKey{2});
  const Bytes wrapped = wrap_key(right, Bytes(kLinkCodeSaltBytes), companion_.open);
  ASSERT_EQ(wrapped.size(), kWrappedKeyBytes);
  EXPECT_EQ(*unwrap_key(right, wrapped), companion_.open);
  const PublicKey garbage = *unwrap_key(wrong, wrapped);
  EXPECT_NE(garbage, companion_.open);

  const auto finish =
      finish_as_companion(companion_, companion_identity_, primary_.open, primary_identity_.open);
  EXPECT_EQ(finish_as_primary(primary_, primary_identity_, garbage, companion_identity_.open,
                              finish->bundle)
                .error()
                .fault(),
            Fault::Untrusted);
  EXPECT_FALSE(finish_as_primary(primary_, companion_identity_, companion_.open,
                                 companion_identity_.open, finish->bundle));
  EXPECT_FALSE(finish_as_primary(primary_, primary_identity_, companion_.open,
                                 primary_identity_.open, finish->bundle));
  EXPECT_EQ(unwrap_key(right, Bytes(79)).error().fault(), Fault::Malformed);
  EXPECT_EQ(finish_as_primary(primary_, primary_identity_, companion_.open,
                              companion_identity_.open, Bytes(155))
                .error()
                .fault(),
            Fault::Malformed);
}

}  // namespace
}  // namespace waxwing::multidevice
