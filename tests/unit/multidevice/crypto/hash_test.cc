// SPDX-License-Identifier: Apache-2.0
// Hashes and key derivation against the RFCs' and the protocol's vectors.
#include "multidevice/crypto/hash.hpp"

#include <gtest/gtest.h>

#include "support/wa_vectors.hpp"

namespace waxwing::multidevice {
namespace {

using waxwing::testing::wa_octets;
using waxwing::testing::wa_vector;

TEST(Hash, TakesPartsAsOneText) {
  EXPECT_EQ(to_hex(sha256(as_bytes("abc"))),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256({as_bytes("a"), as_bytes(""), as_bytes("bc")}), sha256(as_bytes("abc")));
  EXPECT_EQ(to_hex(sha1({as_bytes("abc")})), "a9993e364706816aba3e25717850c26c9cd0d89d");
  EXPECT_EQ(to_hex(sha512({as_bytes("abc")})).substr(0, 32), "ddaf35a193617abacc417349ae204131");
}

TEST(Hash, NamesAClientVersionByMd5) {
  EXPECT_EQ(to_hex(md5(as_bytes(wa_vector("version_hash.version").text()))),
            wa_vector("version_hash.md5").text());
}

TEST(Hmac, WritesTheVectorsOfRfc4231) {
  EXPECT_EQ(to_hex(hmac_sha256(Bytes(20, 0x0b), {as_bytes("Hi There")})),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(to_hex(hmac_sha256(as_bytes("Jefe"),
                               {as_bytes("what do ya want "), as_bytes("for nothing?")})),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(to_hex(hmac_sha512(as_bytes("Jefe"), {as_bytes("what do ya want for nothing?")}))
                .substr(0, 32),
            "164b7a7bfcf819e2e395fbe73b56e0a3");
}

TEST(Hmac, TakesAnEmptyKey) {
  EXPECT_EQ(to_hex(hmac_sha256({}, {as_bytes("")})),
            "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

TEST(Hkdf, WritesTheVectorsOfRfc5869) {
  const Bytes material(22, 0x0b);
  const Bytes salt = *from_hex("000102030405060708090a0b0c");
  const std::string info = to_string(*from_hex("f0f1f2f3f4f5f6f7f8f9"));
  Bytes out(42);
  hkdf_sha256(material, salt, info, out);
  EXPECT_EQ(to_hex(out),
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
  hkdf_sha256(material, {}, "", out);
  EXPECT_EQ(to_hex(out),
            "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8");
}

TEST(Hkdf, DerivesTheKeysOfAMediaFile) {
  const Bytes key = wa_octets("media.sample.mediaKey");
  const auto out = hkdf_sha256<112>(key, {}, wa_vector("media.image.info").text());
  EXPECT_EQ(to_hex(out.view().subspan(0, 16)), wa_vector("media.image.iv").text());
  EXPECT_EQ(to_hex(out.view().subspan(16, 32)), wa_vector("media.image.cipherKey").text());
  EXPECT_EQ(to_hex(out.view().subspan(48, 32)), wa_vector("media.image.macKey").text());
}

TEST(Pbkdf2, DerivesTheKeyOfAPairingCode) {
  const Bytes salt = wa_octets("link_code.wrapped_companion_ephemeral");
  const Secret<32> key =
      pbkdf2_sha256(wa_vector("link_code.code").text(), ByteView(salt).first(32), 2U << 16U);
  EXPECT_EQ(to_hex(key), wa_vector("link_code.pbkdf2_key_salt1").text());
}

}  // namespace
}  // namespace waxwing::multidevice
