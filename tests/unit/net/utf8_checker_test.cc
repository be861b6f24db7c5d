// SPDX-License-Identifier: Apache-2.0
// UTF-8 in pieces: the table of RFC 3629, and that pieces never matter.
#include "net/utf8_checker.hpp"

#include <string>

#include <gtest/gtest.h>

#include "base/text_format.hpp"

namespace waxwing::net {
namespace {

enum class Verdict { Good, Partial, Bad };

Verdict judge(std::string_view text, std::size_t piece) {
  Utf8Checker checker;
  for (std::size_t at = 0; at < text.size(); at += piece) {
    if (!checker.feed(text.substr(at, piece))) {
      return Verdict::Bad;
    }
  }
  return checker.complete() ? Verdict::Good : Verdict::Partial;
}

TEST(Utf8Checker, Rfc3629TakesWhatIsWellFormed) {
  for (const char* good :
       {"", "a", "0123456789abcdef", "κόσμε", "\u00e9", "\u20ac", "\U0001F600", "\xED\x9F\xBF",
        "\xEE\x80\x80", "\xF4\x8F\xBF\xBF", "\xF0\x90\x80\x80", "\xE0\xA0\x80", "\xC2\x80",
        "0123456\xC3\xA9 0123456789 \xF0\x9F\x98\x80"}) {
    for (const std::size_t piece : {1U, 2U, 3U, 8U, 100U}) {
      EXPECT_EQ(judge(good, piece), Verdict::Good) << good << " by " << piece;
    }
  }
}

TEST(Utf8Checker, Rfc3629RefusesTheRest) {
  for (const char* bad : {"\x80", "\xBF", "\xC0\x80", "\xC1\xBF", "\xE0\x9F\xBF", "\xED\xA0\x80",
                          "\xED\xBF\xBF", "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5", "\xFE",
                          "\xFF", "\xC3(", "\xE2\x82(", "\xF0\x9F\x98(", "01234567\x80"}) {
    for (const std::size_t piece : {1U, 2U, 3U, 8U, 100U}) {
      EXPECT_EQ(judge(bad, piece), Verdict::Bad) << piece;
    }
  }
}

TEST(Utf8Checker, SaysAtTheFirstImpossibleOctet) {
  Utf8Checker checker;
  EXPECT_TRUE(checker.feed("\xF4"));
  EXPECT_FALSE(checker.feed("\x90"));
}

TEST(Utf8Checker, ATextMayNotEndInsideOfACharacter) {
  for (const char* partial : {"\xC3", "\xE2\x82", "\xF0\x9F\x98", "abc\xE2"}) {
    EXPECT_EQ(judge(partial, 1), Verdict::Partial);
  }
}

TEST(Utf8Checker, AgreesWithTheWholeTextCheckOnEveryThreeOctets) {
  for (unsigned value = 0; value < 0x1000000; value += 7) {
    const std::string text = {static_cast<char>(value >> 16 & 0xFF),
                              static_cast<char>(value >> 8 & 0xFF),
                              static_cast<char>(value & 0xFF)};
    ASSERT_EQ(judge(text, 3) == Verdict::Good, is_valid_utf8(text)) << value;
  }
}

}  // namespace
}  // namespace waxwing::net
