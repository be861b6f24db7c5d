// SPDX-License-Identifier: Apache-2.0
// Nodes: built in a chain, read by name.
#include "multidevice/binary/node.hpp"

#include <gtest/gtest.h>

namespace waxwing::multidevice {
namespace {

Node sample() {
  return Node("iq")
      .set("to", server_jid())
      .set("type", "get")
      .set("t", std::uint64_t{1700000000})
      .add(Node("count"))
      .add(Node("key").set_octets(Bytes{1, 2, 3}))
      .add(Node("word").set_text("hello"));
}

TEST(Node, ReadsWhatWasSet) {
  const Node node = sample();
  EXPECT_EQ(node.tag(), "iq");
  EXPECT_EQ(node.jid("to"), server_jid());
  EXPECT_EQ(node.text("type"), "get");
  EXPECT_EQ(node.number("t"), 1700000000U);
  EXPECT_EQ(node.children().size(), 3U);
  EXPECT_EQ(node.first_child()->tag(), "count");
  ASSERT_NE(node.child("key"), nullptr);
  EXPECT_EQ(node.child("key")->octets().size(), 3U);
  EXPECT_EQ(node.child("word")->octets_as_text(), "hello");
}

TEST(Node, WhatIsAbsentIsEmpty) {
  const Node node = sample();
  EXPECT_EQ(node.text("nothing"), "");
  EXPECT_EQ(node.text("to"), "") << "an address is no text";
  EXPECT_FALSE(node.jid("nothing"));
  EXPECT_FALSE(node.number("type"));
  EXPECT_FALSE(node.has("nothing"));
  EXPECT_EQ(node.child("nothing"), nullptr);
  EXPECT_TRUE(node.octets().empty());
  EXPECT_EQ(node.child("count")->first_child(), nullptr);
}

TEST(Node, AnAddressMayHaveComeAsText) {
  const Node node = Node("x").set("a", "s.whatsapp.net").set("b", "1@lid").set("c", "word");
  EXPECT_EQ(node.jid("a"), server_jid());
  EXPECT_EQ(node.jid("b"), Jid::of_user("1", server::kLid));
  EXPECT_FALSE(node.jid("c"));
}

TEST(Node, NumbersHaveBounds) {
  const Node node =
      Node("x").set("a", "18446744073709551615").set("b", "18446744073709551616").set("c", "1 ");
  EXPECT_EQ(node.number("a"), 18446744073709551615U);
  EXPECT_FALSE(node.number("b"));
  EXPECT_FALSE(node.number("c"));
}

TEST(Node, SetsWhatIsThereOnly) {
  const Node node = Node("x")
                        .set_if("a", std::optional<std::uint64_t>{})
                        .set_if("b", std::optional<std::uint64_t>(4));
  EXPECT_FALSE(node.has("a"));
  EXPECT_EQ(node.text("b"), "4");
}

TEST(Node, TheLineForPeopleHidesOctets) {
  EXPECT_EQ(to_text(sample()),
            "<iq to=@s.whatsapp.net type=\"get\" t=\"1700000000\"><count/><key>[3]</key>"
            "<word>hello</word></iq>");
}

}  // namespace
}  // namespace waxwing::multidevice
