// SPDX-License-Identifier: Apache-2.0
// AES in its three modes: known answers, refused changes, wrong sizes.
#include "multidevice/crypto/cipher.hpp"

#include <gtest/gtest.h>

#include "support/wa_vectors.hpp"

namespace waxwing::multidevice {
namespace {

using waxwing::testing::wa_octets;

const Bytes kKey = *from_hex("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308");

// Test case 16 of the mode's specification.
TEST(AesGcm, WritesTheVectorOfItsAuthors) {
  const Bytes iv = *from_hex("cafebabefacedbaddecaf888");
  const Bytes associated = *from_hex("feedfacedeadbeeffeedfacedeadbeefabaddad2");
  const Bytes plain = *from_hex(
      "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6"
      "b525"
      "b16aedf5aa0de657ba637b39");
  const auto sealed = aes_gcm_seal(kKey, iv, associated, plain);
  ASSERT_TRUE(sealed);
  EXPECT_EQ(to_hex(*sealed),
            "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b"
            "10568288"
            "38c5f61e6393ba7a0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b");
  const auto opened = aes_gcm_open(kKey, iv, associated, *sealed);
  ASSERT_TRUE(opened);
  EXPECT_EQ(*opened, plain);
}

TEST(AesGcm, RefusesEveryChangedOctet) {
  const Bytes iv(12, 1);
  const Bytes sealed = *aes_gcm_seal(kKey, iv, as_bytes("a"), as_bytes("text"));
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    Bytes changed = sealed;
    changed[i] ^= 1;
    const auto opened = aes_gcm_open(kKey, iv, as_bytes("a"), changed);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().fault(), Fault::Untrusted);
  }
  EXPECT_FALSE(aes_gcm_open(kKey, iv, as_bytes("b"), sealed));
  EXPECT_FALSE(aes_gcm_open(kKey, Bytes(12, 2), as_bytes("a"), sealed));
  EXPECT_EQ(aes_gcm_open(kKey, iv, {}, Bytes(15)).error().fault(), Fault::Malformed);
}

TEST(AesGcm, TakesAnEmptyText) {
  const Bytes sealed = *aes_gcm_seal(kKey, Bytes(12), {}, {});
  EXPECT_EQ(sealed.size(), kGcmTagBytes);
  EXPECT_TRUE(aes_gcm_open(kKey, Bytes(12), {}, sealed)->empty());
}

TEST(Aes, RefusesKeysAndIvsOfAnotherSize) {
  EXPECT_EQ(aes_gcm_seal(Bytes(16), Bytes(12), {}, {}).error().fault(), Fault::Argument);
  EXPECT_EQ(aes_gcm_seal(kKey, Bytes(16), {}, {}).error().fault(), Fault::Argument);
  EXPECT_EQ(aes_cbc_encrypt(kKey, Bytes(12), {}).error().fault(), Fault::Argument);
  EXPECT_EQ(aes_ctr(kKey, Bytes(12), {}).error().fault(), Fault::Argument);
}

TEST(AesCbc, EncryptsAMediaFile) {
  const auto sealed =
      aes_cbc_encrypt(wa_octets("media.image.cipherKey"), wa_octets("media.image.iv"),
                      wa_octets("media.sample.plaintext"));
  ASSERT_TRUE(sealed);
  const Bytes file = wa_octets("media.sample.enc");  // ends with 10 octets of a MAC
  EXPECT_EQ(*sealed, to_bytes(ByteView(file).first(file.size() - 10)));
  EXPECT_EQ(
      *aes_cbc_decrypt(wa_octets("media.image.cipherKey"), wa_octets("media.image.iv"), *sealed),
      wa_octets("media.sample.plaintext"));
}

TEST(AesCbc, RefusesPartsOfBlocksAndWrongPaddings) {
  const Bytes iv(16);
  EXPECT_EQ(aes_cbc_decrypt(kKey, iv, Bytes(15)).error().fault(), Fault::Malformed);
  EXPECT_EQ(aes_cbc_decrypt(kKey, iv, {}).error().fault(), Fault::Malformed);
  Bytes sealed = *aes_cbc_encrypt(kKey, iv, Bytes(16, 7));
  sealed[15] ^= 0xff;  // flips the padding's last octet
  EXPECT_EQ(aes_cbc_decrypt(kKey, iv, sealed).error().fault(), Fault::Malformed);
}

// F.5.5 of NIST SP 800-38A: the counter runs over all 128 bits.
TEST(AesCtr, WritesTheVectorOfNist) {
  const Bytes key = *from_hex("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4");
  const Bytes iv = *from_hex("f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff");
  const Bytes plain = *from_hex("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51");
  EXPECT_EQ(to_hex(*aes_ctr(key, iv, plain)),
            "601ec313775789a5b7a7f504bbf3d228f443e3ca4d62b59aca84e990cacaf5c5");
}

}  // namespace
}  // namespace waxwing::multidevice
