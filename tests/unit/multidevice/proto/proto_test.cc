// SPDX-License-Identifier: Apache-2.0
// Our message definitions against recorded octets: right numbers, right types, nothing lost.
#include <string>

#include <gtest/gtest.h>

#include "multidevice/base/bytes.hpp"
#include "multidevice/proto/adv.pb.h"
#include "multidevice/proto/client_payload.pb.h"
#include "support/wa_vectors.hpp"

namespace waxwing::multidevice {
namespace {

using waxwing::testing::wa_octets;
using waxwing::testing::wa_vector;

std::string hex_of(const std::string& octets) {
  return to_hex(as_bytes(octets));
}

// Reads all of it, knows all of it, and writes the same octets.
template <class Message>
Message read_exactly(const std::string& octets) {
  Message message;
  EXPECT_TRUE(message.ParseFromString(octets));
  EXPECT_EQ(hex_of(message.SerializeAsString()), hex_of(octets));
  EXPECT_EQ(message.unknown_fields(), "") << "a recorded field is not described";
  return message;
}

TEST(Proto, ReadsTheRecordedClientPayload) {
  const auto payload =
      read_exactly<pb::ClientPayload>(to_string(wa_octets("noise.client_payload_plain")));
  EXPECT_EQ(payload.username(), 15550001001U);
  EXPECT_TRUE(payload.passive());
}

TEST(Proto, ReadsTheRecordedDeviceIdentity) {
  const auto container =
      read_exactly<pb::AdvSignedDeviceIdentityHmac>(to_string(wa_octets("adv.container")));
  EXPECT_EQ(hex_of(container.hmac()), wa_vector("adv.hmac").text());
  EXPECT_EQ(hex_of(container.details()), wa_vector("adv.signed_device_identity").text());
  const auto signed_identity = read_exactly<pb::AdvSignedDeviceIdentity>(container.details());
  EXPECT_EQ(hex_of(signed_identity.details()), wa_vector("adv.details").text());
  EXPECT_EQ(hex_of(signed_identity.account_signature_key()), wa_vector("adv.account_pub").text());
  const auto identity = read_exactly<pb::AdvDeviceIdentity>(signed_identity.details());
  EXPECT_EQ(identity.key_index(), 3U);
  EXPECT_EQ(identity.device_type(), pb::E2EE);
}

TEST(Proto, KeepsWhatItDoesNotKnow) {
  pb::ClientPayload payload;
  payload.set_username(15550001001);
  payload.mutable_user_agent()->set_platform(pb::UserAgent::WEB);
  // Field 43 and, inside the user agent, an unknown platform.
  const std::string octets = payload.SerializeAsString() + "\xda\x02\x02hi\x2a\x02\x08\x7b";
  pb::ClientPayload read;
  ASSERT_TRUE(read.ParseFromString(octets));
  pb::ClientPayload again;
  ASSERT_TRUE(again.ParseFromString(read.SerializeAsString()));
  EXPECT_EQ(again.unknown_fields(), "\xda\x02\x02hi");
  EXPECT_EQ(again.user_agent().unknown_fields(), "\x08\x7b");
}

TEST(Proto, PacksTheKeyIndexes) {
  pb::AdvKeyIndexList list;
  list.add_valid_indexes(1);
  list.add_valid_indexes(2);
  EXPECT_EQ(hex_of(list.SerializeAsString()), "22020102");
}

}  // namespace
}  // namespace waxwing::multidevice
