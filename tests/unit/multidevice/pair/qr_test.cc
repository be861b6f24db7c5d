// SPDX-License-Identifier: Apache-2.0
// QR texts: all forms that companions show, and what is none.
#include "multidevice/pair/qr.hpp"

#include <gtest/gtest.h>

namespace waxwing::multidevice {
namespace {

QrCode example() {
  QrCode code;
  code.ref = "2@abc,def==";
  code.noise_key.fill(1);
  code.identity_key.fill(2);
  code.adv_secret = Secret<32>(PublicKey{3});
  code.client_type = "9";
  return code;
}

TEST(Qr, ComesBackFromItsText) {
  const QrCode code = example();
  const std::string text = make_qr(code);
  EXPECT_EQ(text.rfind("https://wa.me/settings/linked_devices#2@abc,def==,AQEB", 0), 0U);
  const auto parsed = parse_qr(text);
  ASSERT_TRUE(parsed) << parsed.error().message();
  EXPECT_EQ(parsed->ref, code.ref);
  EXPECT_EQ(parsed->noise_key, code.noise_key);
  EXPECT_EQ(parsed->identity_key, code.identity_key);
  EXPECT_EQ(parsed->adv_secret, code.adv_secret);
  EXPECT_EQ(parsed->client_type, "9");
}

TEST(Qr, IsReadInItsElderForms) {
  QrCode code = example();
  std::string text = make_qr(code);
  text.erase(0, text.find('#') + 1);
  EXPECT_EQ(parse_qr(text)->client_type, "9");
  text.erase(text.size() - 2);
  const auto parsed = parse_qr(text);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->ref, code.ref);
  EXPECT_EQ(parsed->client_type, "");
}

TEST(Qr, RefusesWhatIsNone) {
  const std::string key = to_base64(Bytes(32));
  for (const std::string& text :
       {std::string(), std::string("ref"), "ref," + key + "," + key,
        "," + key + "," + key + "," + key, "ref," + key + "," + key + ",short",
        "ref," + key + ",!" + key + "," + key, "https://wa.me/ref," + key + "," + key + "," + key,
        std::string(5000, ',')}) {
    const auto parsed = parse_qr(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().fault(), Fault::Malformed);
  }
}

}  // namespace
}  // namespace waxwing::multidevice
