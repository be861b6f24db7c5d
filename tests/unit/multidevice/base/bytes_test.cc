// SPDX-License-Identifier: Apache-2.0
// Octets, their spellings and their bounds.
#include "multidevice/base/bytes.hpp"

#include <gtest/gtest.h>

#include "multidevice/base/result.hpp"
#include "multidevice/base/secret.hpp"

namespace waxwing::multidevice {
namespace {

TEST(Base64, WritesTheVectorsOfRfc4648) {
  const std::pair<std::string, std::string> vectors[] = {{"", ""},
                                                         {"f", "Zg=="},
                                                         {"fo", "Zm8="},
                                                         {"foo", "Zm9v"},
                                                         {"foob", "Zm9vYg=="},
                                                         {"fooba", "Zm9vYmE="},
                                                         {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, text] : vectors) {
    EXPECT_EQ(to_base64(as_bytes(plain)), text);
    const auto back = from_base64(text);
    ASSERT_TRUE(back);
    EXPECT_EQ(to_string(*back), plain);
  }
}

TEST(Base64, RefusesWhatItWouldNotWrite) {
  for (const char* text :
       {"Z", "Zg", "Zg=", "Zh==", "Zm9=", "Zm9v=", "====", "Z===", "Zm9v\n", "Zm-_", "Zg==Zg=="}) {
    EXPECT_FALSE(from_base64(text)) << text;
  }
}

TEST(Hex, GoesThereAndBack) {
  const Bytes octets = {0x00, 0x7f, 0x80, 0xff};
  EXPECT_EQ(to_hex(octets), "007f80ff");
  EXPECT_EQ(from_hex("007F80ff"), octets);
  EXPECT_FALSE(from_hex("0"));
  EXPECT_FALSE(from_hex("0g"));
}

TEST(Reader, StopsAtTheEndAndStaysThere) {
  const Bytes octets = {1, 2, 3};
  Reader reader(octets);
  EXPECT_EQ(reader.take_be(2), 0x0102U);
  EXPECT_FALSE(reader.take(2));
  EXPECT_EQ(reader.remaining(), 1U);
  EXPECT_EQ(reader.take_octet(), 3U);
  EXPECT_FALSE(reader.take_octet());
  EXPECT_TRUE(reader.empty());
}

TEST(BigEndian, KeepsTheLowestOctets) {
  Bytes out;
  append_be(out, 0x01020304, 3);
  EXPECT_EQ(out, (Bytes{2, 3, 4}));
  EXPECT_EQ((to_be<4>(0x01020304)), (std::array<std::uint8_t, 4>{1, 2, 3, 4}));
  EXPECT_EQ(from_be(out), 0x020304U);
}

TEST(Secret, IsZeroOnceMoved) {
  auto first = Secret<4>::from(Bytes{1, 2, 3, 4});
  ASSERT_TRUE(first);
  const Secret<4> second = std::move(*first);
  EXPECT_EQ(to_bytes(first->view()), Bytes(4));
  EXPECT_EQ(to_bytes(second.view()), (Bytes{1, 2, 3, 4}));
  EXPECT_FALSE(Secret<4>::from(Bytes{1, 2, 3}));
}

TEST(Secret, ComparesByValue) {
  EXPECT_TRUE(equal_secret(Bytes{1, 2}, Bytes{1, 2}));
  EXPECT_FALSE(equal_secret(Bytes{1, 2}, Bytes{1, 3}));
  EXPECT_FALSE(equal_secret(Bytes{1, 2}, Bytes{1, 2, 3}));
}

Result<int> half(int number) {
  if (number % 2 != 0) {
    return Status(Fault::Argument, "odd");
  }
  return number / 2;
}

Result<int> quarter(int number) {
  WAX_MD_TRY(const int once, half(number));
  WAX_MD_TRY(const int twice, half(once));
  return twice;
}

TEST(Result, LeavesWithTheFirstFailure) {
  EXPECT_EQ(*quarter(8), 2);
  const auto failed = quarter(6);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().with("quarter").message(), "quarter: odd");
  EXPECT_EQ(failed.error().fault(), Fault::Argument);
}

}  // namespace
}  // namespace waxwing::multidevice
