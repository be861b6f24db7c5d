// SPDX-License-Identifier: Apache-2.0
// What a client says of itself, and versions as text.
#include "multidevice/session/payload.hpp"

#include <multidevice/proto/client_payload.pb.h>

#include <gtest/gtest.h>

#include "multidevice/crypto/hash.hpp"

namespace waxwing::multidevice {
namespace {

pb::ClientPayload parsed(const Bytes& octets) {
  pb::ClientPayload payload;
  EXPECT_TRUE(payload.ParseFromArray(octets.data(), static_cast<int>(octets.size())));
  return payload;
}

TEST(ClientVersion, IsReadStrictly) {
  EXPECT_EQ(ClientVersion::parse("2.3000.1045649367"), ClientVersion{});
  EXPECT_EQ(ClientVersion{}.text(), "2.3000.1045649367");
  for (const char* text :
       {"", "2", "2.3000", "2.3000.", "2.3000.x", "2.3000.1.4", "2.3000.99999999999"}) {
    EXPECT_FALSE(ClientVersion::parse(text)) << text;
  }
}

TEST(Payload, RegistersTheDevicesKeys) {
  const DeviceRecord record = DeviceRecord::fresh(0);
  DeviceProfile profile;
  profile.os = "Ubuntu";
  profile.platform_type = 1;
  const auto payload = parsed(registration_payload(record, {2, 3000, 5}, profile));
  EXPECT_FALSE(payload.passive());
  EXPECT_FALSE(payload.has_username());
  EXPECT_EQ(payload.user_agent().app_version().tertiary(), 5U);
  const auto& data = payload.device_pairing_data();
  EXPECT_EQ(from_be(as_bytes(data.registration_id())), record.registration_id);
  EXPECT_EQ(data.signed_prekey_id(), std::string("\0\0\1", 3));
  EXPECT_EQ(data.build_hash(), to_string(md5(as_bytes("2.3000.5"))));
  const auto identity = to_array<32>(as_bytes(data.identity()));
  const auto prekey = to_array<32>(as_bytes(data.signed_prekey()));
  ASSERT_TRUE(identity && prekey);
  EXPECT_TRUE(
      verify(*identity, {with_key_type(*prekey)}, as_bytes(data.signed_prekey_signature())));
  pb::DeviceProps props;
  ASSERT_TRUE(props.ParseFromString(data.device_props()));
  EXPECT_EQ(props.os(), "Ubuntu");
  EXPECT_EQ(props.platform_type(), pb::DeviceProps::CHROME);
}

TEST(Payload, LogsInByNumberAndDevice) {
  DeviceRecord record = DeviceRecord::fresh(0);
  record.pn = *Jid::parse("15550001001:7@s.whatsapp.net");
  const auto payload = parsed(login_payload(record, {}, {}));
  EXPECT_EQ(payload.username(), 15550001001U);
  EXPECT_EQ(payload.device(), 7U);
  EXPECT_TRUE(payload.passive());
  EXPECT_TRUE(payload.pull());
  EXPECT_FALSE(payload.has_device_pairing_data());
}

}  // namespace
}  // namespace waxwing::multidevice
