// SPDX-License-Identifier: Apache-2.0
// Records come back as they went, and broken ones are told.
#include <gtest/gtest.h>

#include "multidevice/store/device_record.hpp"
#include "multidevice/store/route_record.hpp"

namespace waxwing::multidevice {
namespace {

DeviceRecord paired() {
  DeviceRecord record = DeviceRecord::fresh(1'800'000'000);
  record.pn = *Jid::parse("15550001001:1@s.whatsapp.net");
  record.lid = *Jid::parse("100000000000001:1@lid");
  record.platform = "android";
  record.push_name = "name";
  record.signed_identity = {1, 2, 3};
  record.account_key.fill(7);
  record.key_index = 2;
  record.next_prekey_id = 813;
  record.previous_signed_prekey = SignedPrekey::make(9, record.identity);
  record.logged_in = true;
  return record;
}

TEST(DeviceRecord, ComesBack) {
  const DeviceRecord record = paired();
  const auto back = DeviceRecord::decode(record.encode());
  ASSERT_TRUE(back);
  EXPECT_TRUE(back->paired());
  EXPECT_EQ(back->noise_key.secret, record.noise_key.secret);
  EXPECT_EQ(back->noise_key.open, record.noise_key.open);
  EXPECT_EQ(back->identity.secret, record.identity.secret);
  EXPECT_EQ(back->signed_prekey.signature, record.signed_prekey.signature);
  EXPECT_EQ(back->previous_signed_prekey.id, 9U);
  EXPECT_EQ(back->pn, record.pn);
  EXPECT_EQ(back->lid, record.lid);
  EXPECT_EQ(back->next_prekey_id, 813U);
  EXPECT_EQ(back->signed_identity, record.signed_identity);
  EXPECT_TRUE(back->logged_in);
  EXPECT_EQ(to_bytes(back->encode()), to_bytes(record.encode()));
}

TEST(DeviceRecord, SignsItsPrekey) {
  const DeviceRecord record = DeviceRecord::fresh(0);
  EXPECT_FALSE(record.paired());
  EXPECT_TRUE(verify(record.identity.open, {with_key_type(record.signed_prekey.key.open)},
                     record.signed_prekey.signature));
  EXPECT_GE(record.registration_id, 1U);
  EXPECT_LE(record.registration_id, 16380U);
}

TEST(DeviceRecord, TellsWhenItIsBroken) {
  const SecretBytes whole = paired().encode();
  EXPECT_FALSE(DeviceRecord::decode({}));
  EXPECT_FALSE(DeviceRecord::decode(whole.view().first(100)));
  EXPECT_FALSE(DeviceRecord::decode(as_bytes("no record")));
}

TEST(RouteRecord, ComesBackOrIsEmpty) {
  RouteRecord record;
  record.routing_info = {1, 2};
  record.server = VerifiedServer{PublicKey{5}, 99};
  const RouteRecord back = RouteRecord::decode(record.encode());
  EXPECT_EQ(back.routing_info, record.routing_info);
  ASSERT_TRUE(back.server);
  EXPECT_EQ(back.server->key, record.server->key);
  EXPECT_EQ(back.server->not_after_s, 99U);
  EXPECT_FALSE(RouteRecord::decode({}).server);
  EXPECT_FALSE(RouteRecord::decode(as_bytes("junk")).server);
}

TEST(PrekeyRow, HasSixDigits) {
  EXPECT_EQ(prekey_row(1), "000001");
  EXPECT_EQ(prekey_row(kMaxPrekeyId), "ffffff");
}

}  // namespace
}  // namespace waxwing::multidevice
