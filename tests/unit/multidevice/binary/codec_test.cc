// SPDX-License-Identifier: Apache-2.0
// The codec against recorded encodings, and against octets that nobody should send.
#include "multidevice/binary/codec.hpp"

#include <string>

#include <gtest/gtest.h>

#include "support/wa_vectors.hpp"

namespace waxwing::multidevice {
namespace {

using waxwing::testing::Value;
using waxwing::testing::wa_vector;

Bytes bytes_of(std::string_view hex) {
  return from_hex(hex).value();
}

// Recorded nodes name addresses by their text.
AttributeValue value_of(const std::string& text) {
  if (const std::optional<Jid> jid = Jid::parse(text)) {
    return *jid;
  }
  return text;
}

Node node_of(const Value& recorded) {
  Node node(recorded["tag"].text());
  const Value attributes = recorded["attrs"];
  for (const std::string& name : attributes.keys()) {
    node.add_attribute({name, value_of(attributes[name].text())});
  }
  const Value content = recorded["content"];
  if (content.is_array()) {
    Node::Children children;
    for (std::size_t i = 0; i < content.size(); ++i) {
      children.push_back(node_of(content[i]));
    }
    node.set_children(std::move(children));
  } else if (content.is_object()) {
    node.set_octets(bytes_of(content["hex"].text()));
  } else if (content.exists()) {
    node.set_text(content.text());
  }
  return node;
}

// The recorded order of attributes got lost in JSON: compared by name.
void expect_same(const Node& got, const Node& wanted) {
  EXPECT_EQ(got.tag(), wanted.tag());
  EXPECT_EQ(got.attributes().size(), wanted.attributes().size());
  for (const Attribute& attribute : wanted.attributes()) {
    ASSERT_TRUE(got.has(attribute.name)) << attribute.name;
    EXPECT_EQ(*got.find(attribute.name), attribute.value) << attribute.name;
  }
  EXPECT_EQ(as_text(got.octets()), as_text(wanted.octets()));
  ASSERT_EQ(got.children().size(), wanted.children().size());
  for (std::size_t i = 0; i < wanted.children().size(); ++i) {
    expect_same(got.children()[i], wanted.children()[i]);
  }
}

TEST(Codec, ReadsEveryRecordedNode) {
  const Value nodes = wa_vector("nodes");
  ASSERT_EQ(nodes.size(), 20U);
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const Value entry = nodes[i];
    SCOPED_TRACE(entry["node"].dump().substr(0, 200));
    Result<Node> node = decode(bytes_of(entry["hex"].text()), DictionaryVersion::V3);
    ASSERT_TRUE(node) << node.error().message();
    expect_same(*node, node_of(entry["node"]));
  }
}

TEST(Codec, WritesEveryRecordedNode) {
  const Value nodes = wa_vector("nodes");
  ASSERT_EQ(nodes.size(), 20U);
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const Value entry = nodes[i];
    SCOPED_TRACE(entry["node"].dump().substr(0, 200));
    const Bytes recorded = bytes_of(entry["hex"].text());
    Result<Node> node = decode(recorded, DictionaryVersion::V3);
    ASSERT_TRUE(node);
    Result<Bytes> written = encode(*node, DictionaryVersion::V3);
    ASSERT_TRUE(written) << written.error().message();
    if (entry.at("node.attrs.i").exists() && !entry["roundtrip"].flag()) {
      // Recorded as a device address with device 0, which ours never is.
      EXPECT_EQ(to_hex(*written), "00f803fc0178fc0169faff8615550001002f03");
      continue;
    }
    EXPECT_EQ(to_hex(*written), to_hex(recorded));
  }
}

TEST(Codec, ReadsTheRecordedCompressedFrame) {
  const Value entry = wa_vector("compressed");
  DecodeNotes notes;
  Result<Node> node = decode(bytes_of(entry["hex"].text()), DictionaryVersion::V3, {}, &notes);
  ASSERT_TRUE(node) << node.error().message();
  EXPECT_TRUE(notes.compressed);
  expect_same(*node, node_of(entry["decoded"]));
}

Node nested(std::size_t depth) {
  Node node("x");
  for (std::size_t i = 0; i < depth; ++i) {
    Node outer("x");
    outer.add(std::move(node));
    node = std::move(outer);
  }
  return node;
}

Node rich() {
  Node::Children many;
  for (std::uint64_t i = 0; i < 300; ++i) {
    many.push_back(Node("item").set("id", i * 7919));
  }
  return Node("message")
      .set("id", "3EB0C767D097B7C7C030")
      .set("lower", "deadbeef")
      .set("empty", "")
      .set("looks", "1@s.whatsapp.net")
      .set("to", Jid::of_user("15550001001", server::kUser, 3))
      .set("from", Jid::of_user("100000000000001", server::kLid))
      .set("fb", *Jid::parse("10:300@msgr"))
      .set("interop", *Jid::parse("2-77:4@interop"))
      .set("odd", *Jid::parse("a@b"))
      .set("group", *Jid::parse("1:2@g.us"))
      .set("wide", Jid::of_user("1", server::kLid, 256))
      .add(Node("participants").set_children(std::move(many)))
      .add(Node("none").set_children({}))
      .add(Node("short").set_octets(Bytes(255, 1)))
      .add(Node("long").set_octets(Bytes(256, 2)))
      .add(Node("huge").set_octets(Bytes(std::size_t{1} << 20U, 3)))
      .add(Node("word").set_text("available"))
      .add(Node("number").set_text("-1.5"));
}

TEST(Codec, BothVersionsGiveBackWhatWentIn) {
  for (const DictionaryVersion version : {DictionaryVersion::V2, DictionaryVersion::V3}) {
    Result<Bytes> frame = encode(rich(), version);
    ASSERT_TRUE(frame);
    Result<Node> plain = decode(*frame, version);
    ASSERT_TRUE(plain) << plain.error().message();
    EXPECT_EQ(*plain, rich());

    Result<Bytes> small = compress(*frame);
    ASSERT_TRUE(small);
    EXPECT_LT(small->size(), frame->size());
    Result<Node> inflated = decode(*small, version);
    ASSERT_TRUE(inflated) << inflated.error().message();
    EXPECT_EQ(*inflated, rich());
  }
}

TEST(Codec, AnAddressIsTypedAndTextIsNot) {
  EXPECT_EQ(to_hex(encode(Node("iq").set("to", server_jid()), DictionaryVersion::V3).value()),
            "00f8031911fa0003");
  EXPECT_EQ(to_hex(encode(Node("iq").set("to", "s.whatsapp.net"), DictionaryVersion::V3).value()),
            "00f803191103");
  EXPECT_EQ(to_hex(encode(Node("iq").set("to", "1@lid"), DictionaryVersion::V3).value()),
            "00f8031911fc0531406c6964");
}

TEST(Codec, RefusesToWriteWhatCannotBe) {
  const auto fault_of = [](const Node& node) {
    Result<Bytes> frame = encode(node, DictionaryVersion::V3);
    return frame ? Fault::None : frame.error().fault();
  };
  EXPECT_EQ(fault_of(Node()), Fault::Argument);
  EXPECT_EQ(fault_of(Node("x").set_children(Node::Children(65536, Node("x")))), Fault::Argument);
  EXPECT_EQ(fault_of(Node("x").set_children(Node::Children(65535, Node("x")))), Fault::None);
}

TEST(Codec, ACutFrameIsMalformedEverywhere) {
  Result<Bytes> frame = encode(rich(), DictionaryVersion::V3);
  ASSERT_TRUE(frame);
  const std::size_t interesting = 1000;  // Behind it stands the same octet over and over.
  for (std::size_t size = 0; size < interesting; ++size) {
    Result<Node> cut = decode(ByteView(*frame).first(size), DictionaryVersion::V3);
    ASSERT_FALSE(cut) << size;
    EXPECT_EQ(cut.error().fault(), Fault::Malformed) << size;
  }
}

TEST(Codec, WrongTagsAreMalformed) {
  for (const char* hex : {
           "00",                    // nothing
           "0000",                  // an empty list is no node
           "0019",                  // a token is no node
           "00f800",                // a list of nothing
           "00f80100",              // an empty tag
           "00f801f0",              // 240 opens nothing
           "00f8031911",            // one attribute promised, none of its value
           "00f8031911f801",        // a list as a value
           "00f8031911ff01cc",      // 12 is no nibble
           "00f8031911fa0000",      // an address without a server
           "00f80219f80119f80119",  // content: a list of 1 whose first item is no node
           "00f802f9ffff19",        // more items than octets
           "0078",
       }) {
    Result<Node> node = decode(bytes_of(hex), DictionaryVersion::V3);
    ASSERT_FALSE(node) << hex;
    EXPECT_EQ(node.error().fault(), Fault::Malformed) << hex;
  }
}

TEST(Codec, TrailingOctetsAreToldButTolerated) {
  Bytes frame = encode(Node("iq"), DictionaryVersion::V3).value();
  append(frame, Bytes{1, 2, 3});
  DecodeNotes notes;
  EXPECT_TRUE(decode(frame, DictionaryVersion::V3, {}, &notes));
  EXPECT_EQ(notes.trailing_bytes, 3U);
  EXPECT_FALSE(notes.compressed);
}

TEST(Codec, LimitsHold) {
  const auto fault_of = [](const Node& node, const DecodeLimits& limits) {
    Result<Node> read =
        decode(encode(node, DictionaryVersion::V3).value(), DictionaryVersion::V3, limits);
    return read ? Fault::None : read.error().fault();
  };
  DecodeLimits limits;
  EXPECT_EQ(fault_of(nested(limits.max_depth), limits), Fault::None);
  EXPECT_EQ(fault_of(nested(limits.max_depth + 1), limits), Fault::Limit);
  limits.max_items = 300;
  EXPECT_EQ(fault_of(rich(), limits), Fault::Limit);

  Result<Bytes> bomb =
      compress(encode(Node("x").set_octets(Bytes(1U << 20U)), DictionaryVersion::V3).value());
  ASSERT_TRUE(bomb);
  limits.max_inflated_bytes = 1U << 20U;
  Result<Node> refused = decode(*bomb, DictionaryVersion::V3, limits);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().fault(), Fault::Limit);
}

}  // namespace
}  // namespace waxwing::multidevice
