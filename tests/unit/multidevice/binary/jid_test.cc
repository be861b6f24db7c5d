// SPDX-License-Identifier: Apache-2.0
// Addresses and their text forms.
#include "multidevice/binary/jid.hpp"

#include <gtest/gtest.h>

namespace waxwing::multidevice {
namespace {

TEST(Jid, EveryFormReadsAndWritesBack) {
  for (const char* text :
       {"@s.whatsapp.net", "@g.us", "15550001001@s.whatsapp.net", "15550001001:7@s.whatsapp.net",
        "100000000000001@lid", "100000000000001:65535@lid", "120363000000000000@g.us",
        "15550001001-1600000000@g.us", "status@broadcast", "120363000000000001@newsletter",
        "5@hosted", "5:99@hosted.lid", "0@s.whatsapp.net", "10:3@msgr", "2-77@interop",
        "2-77:4@interop", "call@call", "a.b@b"}) {
    const std::optional<Jid> jid = Jid::parse(text);
    ASSERT_TRUE(jid) << text;
    EXPECT_EQ(jid->to_string(), text);
  }
}

TEST(Jid, PartsAreToldApart) {
  const std::optional<Jid> device = Jid::parse("15550001001:7@s.whatsapp.net");
  ASSERT_TRUE(device);
  EXPECT_EQ(device->user, "15550001001");
  EXPECT_EQ(device->device, 7);
  EXPECT_TRUE(device->is_person());
  EXPECT_FALSE(device->is_lid());
  EXPECT_EQ(device->without_device().to_string(), "15550001001@s.whatsapp.net");

  const std::optional<Jid> interop = Jid::parse("12-77:4@interop");
  ASSERT_TRUE(interop);
  EXPECT_EQ(interop->integrator, 12);
  EXPECT_EQ(interop->user, "77");
  EXPECT_EQ(interop->device, 4);
  EXPECT_TRUE(Jid::parse("5:99@hosted.lid")->is_lid());
  EXPECT_TRUE(Jid::parse("1@g.us")->is_group());
}

TEST(Jid, TheOlderAgentIsDropped) {
  EXPECT_EQ(Jid::parse("15550001001.0:3@s.whatsapp.net")->to_string(),
            "15550001001:3@s.whatsapp.net");
  EXPECT_EQ(Jid::parse("15550001001.0:3@s.whatsapp.net")->to_device_string(),
            "15550001001.0:3@s.whatsapp.net");
  EXPECT_EQ(Jid::of_user("1", server::kLid).to_device_string(), "1.0:0@lid");
}

TEST(Jid, RefusesWhatIsNone) {
  for (const char* text : {"", "15550001001", "@", "a@", "a@b@c", "1:@s.whatsapp.net",
                           "1:x@s.whatsapp.net", "1:65536@lid", "1:-1@lid", ":1@lid", "1:2:3@lid",
                           "1.x@lid", ".1@lid", "77@interop", "x-77@interop"}) {
    EXPECT_FALSE(Jid::parse(text)) << text;
  }
}

}  // namespace
}  // namespace waxwing::multidevice
