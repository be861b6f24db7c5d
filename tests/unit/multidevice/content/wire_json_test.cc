// SPDX-License-Identifier: Apache-2.0
// waE2E.Message octets to JSON and back.
#include "multidevice/content/wire_json.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace waxwing::multidevice::content {
namespace {

using Json = nlohmann::json;

Json plain(const Bytes& octets) {
  auto json = decode(octets, Dialect::Plain);
  EXPECT_TRUE(json) << json.error().message();
  return json ? *json : Json();
}

TEST(WireJson, OctetsAreThoseOfProtobuf) {
  // Message{conversation "hi"}; extendedTextMessage 6 {text 1 "hi", previewType 10: 1}.
  EXPECT_EQ(to_hex(encode({{"conversation", "hi"}})), "0a026869");
  EXPECT_EQ(to_hex(encode({{"extendedTextMessage", {{"text", "hi"}, {"previewType", 1}}}})),
            "32060a0268695001");
  // Doubles are 64 bits, little-endian.
  EXPECT_EQ(to_hex(encode({{"locationMessage", {{"degreesLatitude", 1.0}}}})),
            "2a0909000000000000f03f");
}

TEST(WireJson, ThereAndBack) {
  const Json message = {{"extendedTextMessage",
                         {{"text", "שלום 🐦"},
                          {"backgroundArgb", 4278190080U},
                          {"contextInfo",
                           {{"stanzaId", "A"},
                            {"mentionedJid", {"1@s.whatsapp.net", "2@lid"}},
                            {"isForwarded", true},
                            {"ephemeralSettingTimestamp", -1},
                            {"quotedMessage", {{"conversation", "before"}}}}}}},
                        {"messageContextInfo", {{"messageSecret", to_base64(Bytes(32, 7))}}}};
  EXPECT_EQ(plain(encode(message)), message);
}

TEST(WireJson, WhatIsUnknownIsKept) {
  // Field 200 in the message, field 99 within the text.
  const Bytes octets = *from_hex("320c0a0268699a060568656c6c6fc20c0101");
  const Json json = plain(octets);
  EXPECT_TRUE(json.contains(kUnknownFields)) << json;
  EXPECT_TRUE(json["extendedTextMessage"].contains(kUnknownFields)) << json;
  EXPECT_EQ(to_hex(encode(json)), to_hex(octets));
}

TEST(WireJson, EachDialectHasItsNames) {
  const Bytes octets = encode({{"protocolMessage",
                                {{"key", {{"remoteJid", "1@lid"}, {"id", "A"}}},
                                 {"type", 14},
                                 {"timestampMs", 1741249702123}}}});
  const Json go = *decode(octets, Dialect::Whatsmeow);
  EXPECT_EQ(go, (Json{{"protocolMessage",
                       {{"key", {{"remoteJID", "1@lid"}, {"ID", "A"}}},
                        {"type", 14},
                        {"timestampMS", 1741249702123}}}}));
  const Json js = *decode(octets, Dialect::Baileys);
  EXPECT_EQ(js["protocolMessage"]["type"], "MESSAGE_EDIT");
  EXPECT_EQ(js["protocolMessage"]["timestampMs"], "1741249702123");
}

TEST(WireJson, TextIsTheTree) {
  const Json message = {{"extendedTextMessage",
                         {{"text", "\"שלום\" \n\\ 🐦"},
                          {"backgroundArgb", 4278190080U},
                          {"contextInfo",
                           {{"mentionedJid", {"1@s.whatsapp.net", "2@lid"}},
                            {"isForwarded", true},
                            {"ephemeralSettingTimestamp", -1}}}}},
                        {"locationMessage", {{"degreesLatitude", 38.8937255}}},
                        {"messageContextInfo", {{"messageSecret", to_base64(Bytes(32, 7))}}}};
  std::vector<Bytes> samples = {
      encode(message),
      *from_hex("320c0a0268699a060568656c6c6fc20c0101"),  // unknown fields
      *from_hex("0a02fffe"),                              // no UTF-8
      // conversation twice: the last one counts; a repeated field in two places.
      *from_hex("0a01610a0162"),
      {}};
  const Bytes once =
      encode({{"extendedTextMessage", {{"contextInfo", {{"mentionedJid", {"1@lid"}}}}}}});
  Bytes twice = once;
  twice.insert(twice.end(), once.begin(), once.end());
  samples.push_back(twice);
  for (const Bytes& octets : samples) {
    for (const Dialect dialect : {Dialect::Plain, Dialect::Baileys, Dialect::Whatsmeow}) {
      const auto tree = decode(octets, dialect);
      const auto text = decode_text(octets, dialect);
      ASSERT_TRUE(tree && text) << to_hex(octets);
      EXPECT_EQ(Json::parse(*text),
                Json::parse(tree->dump(-1, ' ', false, Json::error_handler_t::replace)))
          << *text;
    }
  }
}

TEST(WireJson, MalformedOctetsAreRefused) {
  for (const char* hex : {"0a05", "0a", "80", "00", "07", "0b", "3a80808080808080808080"}) {
    EXPECT_FALSE(decode(*from_hex(hex), Dialect::Plain)) << hex;
    EXPECT_FALSE(decode_text(*from_hex(hex), Dialect::Plain)) << hex;
  }
  // Nested by hand: each layer is field 40 {1 {…}}.
  Bytes inner = encode({{"conversation", "x"}});
  for (int i = 0; i < 30; ++i) {
    Bytes outer;
    for (const auto& [tag, wide] : {std::pair(0x0A, false), std::pair(0x2C2, true)}) {
      outer.clear();
      outer.push_back(static_cast<std::uint8_t>(wide ? 0xC2 : tag));
      if (wide) {
        outer.push_back(0x02);
      }
      std::size_t size = inner.size();
      for (; size >= 0x80; size >>= 7U) {
        outer.push_back(static_cast<std::uint8_t>(size | 0x80U));
      }
      outer.push_back(static_cast<std::uint8_t>(size));
      outer.insert(outer.end(), inner.begin(), inner.end());
      inner = outer;
    }
  }
  EXPECT_FALSE(decode(inner, Dialect::Plain));
  EXPECT_FALSE(decode_text(inner, Dialect::Plain));
}

}  // namespace
}  // namespace waxwing::multidevice::content
