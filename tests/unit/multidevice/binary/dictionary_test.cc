// SPDX-License-Identifier: Apache-2.0
// The token tables are those the protocol uses, and the lookup finds every word.
#include "multidevice/binary/dictionary.hpp"

#include <array>
#include <string>

#include <gtest/gtest.h>
#include <openssl/sha.h>

#include "multidevice/base/bytes.hpp"
#include "multidevice/binary/tokens_2.hpp"
#include "multidevice/binary/tokens_3.hpp"

namespace waxwing::multidevice {
namespace {

std::string sha256(std::string_view text) {
  std::array<std::uint8_t, SHA256_DIGEST_LENGTH> digest{};
  const ByteView octets = as_bytes(text);
  SHA256(octets.data(), octets.size(), digest.data());
  return to_hex(digest);
}

// Not read from the generated files: these are the facts that the files must agree with.
TEST(Dictionary, Version3HasThePublishedTables) {
  EXPECT_EQ(sha256(tokens_3::kSingle),
            "1e8302d2aba0d8c40d09fd79fc9c70347350cb00926dd0e3565683b347be35a5");
  EXPECT_EQ(sha256(tokens_3::kDouble0),
            "c19c763b07f7684fc58490eb838873edeec498d59bf4d56bbb33d8e7af4cb112");
  EXPECT_EQ(sha256(tokens_3::kDouble1),
            "e8894a798e1d92bc5f5f5cd1c2ffeef43a5c03acb1775b34d121ffe0a19b8f6a");
  EXPECT_EQ(sha256(tokens_3::kDouble2),
            "8f4081781e324d9ab95574b01ff37a44753403cebd0d1feeeb985661cc86cae8");
  EXPECT_EQ(sha256(tokens_3::kDouble3),
            "8e397aec42a6a503621910cf3d7a8f9e287e94192031265b6e55519e0e19fadc");
}

TEST(Dictionary, Version2HasThePublishedTables) {
  EXPECT_EQ(sha256(tokens_2::kSingle),
            "d3cdc34911227e23a1e1f5ba397bb180bf61379533489c150d1fa11fd1996f09");
  EXPECT_EQ(sha256(tokens_2::kDouble0),
            "f0a47dc4eb2cfc950362a61b3fc2b3152af63f21a92cc76df517344f58ade61e");
  EXPECT_EQ(sha256(tokens_2::kDouble1),
            "4fddd53f761565077443f04b69e17a87a2f462b95b0468211bc8feb81af3f31e");
  EXPECT_EQ(sha256(tokens_2::kDouble2),
            "ca6c819ca6e5ed738d637dc4977b9787c0f816b274f4315994889d6d72fd23c5");
  EXPECT_EQ(sha256(tokens_2::kDouble3),
            "2c13a800618ff0a999510862ce4060b97cf10af5c29234b20bf133d8f8bc101d");
}

TEST(Dictionary, KnowsWellKnownPositions) {
  const Dictionary& v3 = Dictionary::of(DictionaryVersion::V3);
  EXPECT_EQ(v3.single(0), "");
  EXPECT_EQ(v3.single(1), "xmlstreamstart");
  EXPECT_EQ(v3.single(2), "xmlstreamend");
  EXPECT_EQ(v3.single(3), "s.whatsapp.net");
  EXPECT_EQ(v3.single(25), "iq");
  EXPECT_EQ(v3.single(90), "set");
  EXPECT_NE(Dictionary::of(DictionaryVersion::V2).single(25), "iq");
}

TEST(Dictionary, FindsEveryWordWhereItStands) {
  for (const DictionaryVersion version : {DictionaryVersion::V2, DictionaryVersion::V3}) {
    const Dictionary& dictionary = Dictionary::of(version);
    for (std::size_t i = 1; i < Dictionary::kSingleCount; ++i) {
      const auto index = static_cast<std::uint8_t>(i);
      EXPECT_EQ(dictionary.find(dictionary.single(index)), (Token{Token::kSingle, index}));
    }
    for (std::uint8_t table = 0; table < Dictionary::kDoubleTables; ++table) {
      for (std::size_t i = 0; i < Dictionary::kDoubleCount; ++i) {
        const auto index = static_cast<std::uint8_t>(i);
        EXPECT_EQ(dictionary.find(dictionary.pair(table, index)), (Token{table, index}));
      }
    }
  }
}

TEST(Dictionary, FindsNothingElse) {
  const Dictionary& dictionary = Dictionary::of(DictionaryVersion::V3);
  for (const char* word : {"", "IQ", "i", "iqq", "waxwing", "s.whatsapp.ne"}) {
    EXPECT_FALSE(dictionary.find(word)) << word;
  }
  EXPECT_EQ(dictionary.single(236), "");
  EXPECT_EQ(dictionary.pair(4, 0), "");
}

}  // namespace
}  // namespace waxwing::multidevice
