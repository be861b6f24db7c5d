// SPDX-License-Identifier: Apache-2.0
// Device identities: the recorded one, one of our own phone, and every lie.
#include "multidevice/pair/device_identity.hpp"

#include <gtest/gtest.h>

#include "support/wa_vectors.hpp"

namespace waxwing::multidevice {
namespace {

using waxwing::testing::wa_octets;

AcceptResult accept(ByteView container, const AdvSecret& secret, const KeyPair& identity) {
  const AdvSecret* secrets[] = {&secret};
  return accept_device_identity(container, secrets, identity);
}

TEST(DeviceIdentity, AcceptsTheRecordedContainer) {
  const auto identity = KeyPair::from_private(*PrivateKey::from(wa_octets("adv.identity_priv")));
  const auto secret = *AdvSecret::from(wa_octets("adv.adv_secret"));
  const AcceptResult result = accept(wa_octets("adv.container"), secret, identity);
  ASSERT_EQ(result.fault, PairFault::None);
  EXPECT_EQ(to_bytes(result.identity.account_key), wa_octets("adv.account_pub"));
  EXPECT_EQ(result.identity.key_index, 3U);
  EXPECT_TRUE(
      check_countersignature(result.identity.reply, result.identity.account_key, identity.open));
  // Stored: what came, and our signature behind it (field 4, 64 octets).
  const Bytes came = wa_octets("adv.signed_device_identity");
  ASSERT_EQ(result.identity.stored.size(), came.size() + 66);
  EXPECT_EQ(to_bytes(ByteView(result.identity.stored).first(came.size())), came);
}

class Grant : public ::testing::Test {
 protected:
  [[nodiscard]] Bytes granted(const GrantFaults& faults = {}) const {
    return grant_device_for_test({7, 1'800'000'000, 2, companion_.open}, account_, secret_, faults);
  }
  KeyPair account_ = KeyPair::generate();
  KeyPair companion_ = KeyPair::generate();
  AdvSecret secret_{PublicKey{9}};
};

TEST_F(Grant, IsAcceptedAndCountersigned) {
  const AcceptResult result = accept(granted(), secret_, companion_);
  ASSERT_EQ(result.fault, PairFault::None);
  EXPECT_EQ(result.identity.key_index, 2U);
  EXPECT_EQ(result.identity.account_key, account_.open);
  EXPECT_TRUE(check_countersignature(result.identity.reply, account_.open, companion_.open));
  // With the account's key it is not the reply that the server wants.
  EXPECT_FALSE(check_countersignature(result.identity.stored, account_.open, companion_.open));
  EXPECT_FALSE(check_countersignature(result.identity.reply, companion_.open, companion_.open));
  EXPECT_FALSE(check_countersignature(result.identity.reply, account_.open, account_.open));
}

TEST_F(Grant, HoldsWithAnyOfTheSecrets) {
  const AdvSecret other(PublicKey{1});
  const AdvSecret* secrets[] = {&other, &secret_};
  EXPECT_EQ(accept_device_identity(granted(), secrets, companion_).fault, PairFault::None);
  EXPECT_EQ(accept_device_identity(granted(), {}, companion_).fault, PairFault::HmacMismatch);
}

TEST_F(Grant, IsRefusedWhenAnythingLies) {
  EXPECT_EQ(accept(granted({true, false, false}), secret_, companion_).fault,
            PairFault::HmacMismatch);
  EXPECT_EQ(accept(granted({false, true, false}), secret_, companion_).fault,
            PairFault::SignatureMismatch);
  EXPECT_EQ(accept(granted({false, false, true}), secret_, companion_).fault,
            PairFault::SignatureMismatch);
  EXPECT_EQ(accept(granted(), AdvSecret(), companion_).fault, PairFault::HmacMismatch);
  EXPECT_EQ(accept(granted(), secret_, KeyPair::generate()).fault, PairFault::SignatureMismatch);
  EXPECT_EQ(accept(as_bytes("\xff"), secret_, companion_).fault, PairFault::Malformed);
  EXPECT_EQ(accept({}, secret_, companion_).fault, PairFault::Malformed);
}

TEST_F(Grant, IsRefusedWithAnyOctetChanged) {
  const Bytes container = granted();
  for (std::size_t i = 0; i < container.size(); ++i) {
    Bytes changed = container;
    changed[i] ^= 1;
    EXPECT_NE(accept(changed, secret_, companion_).fault, PairFault::None) << i;
  }
}

}  // namespace
}  // namespace waxwing::multidevice
