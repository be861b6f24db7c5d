// SPDX-License-Identifier: Apache-2.0
// Tests of the header below.
#include "multidevice/engine/recent_messages.hpp"

#include <string>

#include <gtest/gtest.h>

namespace waxwing::multidevice {
namespace {

const Jid kNumber = Jid::of_user("15550001001", server::kUser);
const Jid kLid = Jid::of_user("100000000000001", server::kLid);
const Jid kGroup = Jid::of_user("120363000000000001", server::kGroup);

MessageInfo message(const std::string& id) {
  MessageInfo info;
  info.id = id;
  info.chat = kNumber;
  info.sender = info.peer = {kNumber, kLid};
  return info;
}

Bytes octets(const std::string& text) {
  return to_bytes(as_bytes(text));
}

TEST(RecentMessages, GivesBackAllThatIsKnown) {
  MessageInfo in = message("3EB0AAAA");
  in.chat = kGroup;
  in.peer = {};
  in.sender_device = 65'535;
  in.from_me = in.group = in.offline = true;
  in.timestamp_s = 1'741'249'702;
  in.push_name = "Ann 🐦";
  in.type = "media";
  in.category = "peer";
  in.edit = "7";
  in.verified_name = "Ann's shop";
  RecentMessages recent;
  recent.add(in, octets("content"));
  const auto out = recent.find("3EB0AAAA");
  ASSERT_TRUE(out);
  EXPECT_EQ(out->message, octets("content"));
  const MessageInfo& info = out->info;
  EXPECT_EQ(info.id, in.id);
  EXPECT_EQ(info.chat, in.chat);
  EXPECT_EQ(info.peer, in.peer);
  EXPECT_EQ(info.sender, in.sender);
  EXPECT_EQ(info.sender_device, in.sender_device);
  EXPECT_TRUE(info.from_me && info.group && info.offline);
  EXPECT_EQ(info.timestamp_s, in.timestamp_s);
  EXPECT_EQ(info.push_name, in.push_name);
  EXPECT_EQ(info.type, in.type);
  EXPECT_EQ(info.category, in.category);
  EXPECT_EQ(info.edit, in.edit);
  EXPECT_EQ(info.verified_name, in.verified_name);
}

TEST(RecentMessages, KnowsBothPeopleOfAChatBetweenTwo) {
  RecentMessages recent;
  recent.add(message("theirs"), {});
  MessageInfo ours = message("ours");
  ours.sender = {Jid::of_user("15550002002", server::kUser), {}};
  ours.from_me = true;
  recent.add(ours, {});
  EXPECT_EQ(recent.find("theirs")->info.peer, (Person{kNumber, kLid}));
  EXPECT_EQ(recent.find("theirs")->info.sender, (Person{kNumber, kLid}));
  EXPECT_EQ(recent.find("ours")->info.peer, (Person{kNumber, kLid}));
  EXPECT_EQ(recent.find("ours")->info.sender, ours.sender);
  EXPECT_FALSE(recent.find("theirs")->info.from_me);
}

TEST(RecentMessages, TheLatestOfAnIdIsFound) {
  RecentMessages recent;
  recent.add(message("a"), octets("1"));
  recent.add(message("a"), octets("2"));
  EXPECT_EQ(recent.find("a")->message, octets("2"));
  EXPECT_FALSE(recent.find(""));
}

TEST(RecentMessages, AreBoundedInNumberAndSize) {
  RecentMessages recent;
  for (std::size_t i = 0; i <= RecentMessages::kMaxItems; ++i) {
    recent.add(message(std::to_string(i)), {});
  }
  EXPECT_FALSE(recent.find("0"));
  EXPECT_TRUE(recent.find("1"));
  recent.add(message("large"), Bytes(RecentMessages::kMaxBytes + 1));
  EXPECT_TRUE(recent.find("large")) << "the last one stays, whatever its size";
  EXPECT_FALSE(recent.find("64"));
  recent.add(message("next"), {});
  EXPECT_FALSE(recent.find("large"));
  EXPECT_TRUE(recent.find("next"));
}

TEST(RecentMessages, WhatIsReadIsTakenOnce) {
  RecentMessages recent;
  recent.add(message("1"), {});
  recent.add(message("2"), {});
  MessageInfo ours = message("ours");
  ours.from_me = true;
  recent.add(ours, {});
  MessageInfo elsewhere = message("elsewhere");
  elsewhere.chat = kGroup;
  elsewhere.peer = {};
  recent.add(elsewhere, {});
  recent.add(message("3"), {});
  EXPECT_TRUE(recent.mark_read("2"));
  EXPECT_FALSE(recent.mark_read("unknown"));
  const auto unread = recent.take_unread(kLid);  // the chat's other name
  ASSERT_EQ(unread.size(), 2U);
  EXPECT_EQ(unread[0].id, "1");
  EXPECT_EQ(unread[1].id, "3");
  EXPECT_TRUE(recent.take_unread(kNumber).empty());
  EXPECT_EQ(recent.take_unread(kGroup).size(), 1U);
}

}  // namespace
}  // namespace waxwing::multidevice
