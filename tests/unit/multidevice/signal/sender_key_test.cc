// SPDX-License-Identifier: Apache-2.0
// Sender keys: vectors of another implementation, and what a group's network may do.
#include "multidevice/signal/sender_key.hpp"

#include <gtest/gtest.h>

#include "multidevice/signal/address.hpp"
#include "support/wa_vectors.hpp"

namespace waxwing::multidevice {
namespace {

using testing::wa_octets;
using testing::wa_vector;

std::string text(const GroupDecrypted& out) {
  return out.ok() ? std::string(as_text(out.plain)) : std::string(to_string(out.fault));
}
Bytes encrypt(SenderKeyRecord& own, std::string_view words) {
  return GroupCipher::encrypt(own, as_bytes(words)).value();
}

TEST(GroupCipher, ReadsVectorsOfBaileysThatSkipIterations) {
  const std::size_t count = wa_vector("signal.skmsgs").size();
  ASSERT_GE(count, 3U);
  SenderKeyRecord in_order;
  SenderKeyRecord backwards;
  ASSERT_TRUE(GroupCipher::process(in_order, wa_octets("signal.skdm")));
  ASSERT_TRUE(GroupCipher::process(backwards, wa_octets("signal.skdm")));
  const auto check = [](SenderKeyRecord& record, std::size_t i) {
    const std::string at = "signal.skmsgs." + std::to_string(i);
    const GroupDecrypted out = GroupCipher::decrypt(record, wa_octets(at + ".skmsg"));
    EXPECT_EQ(to_hex(out.plain), to_hex(wa_octets(at + ".plaintext")));
    record = SenderKeyRecord::decode(record.encode()).value();
  };
  for (std::size_t i = 0; i < count; ++i) {
    check(in_order, i);
    check(backwards, count - 1 - i);
  }
}

class Group : public ::testing::Test {
 protected:
  void SetUp() override {
    distribution = GroupCipher::distribution(author);
    ASSERT_TRUE(GroupCipher::process(reader, distribution));
  }
  SenderKeyRecord author;
  SenderKeyRecord reader;
  Bytes distribution;
};

TEST_F(Group, ReadsInAnyOrderAndOnce) {
  std::vector<Bytes> sent;
  for (int i = 0; i < 10; ++i) {
    sent.push_back(encrypt(author, std::to_string(i)));
  }
  for (const int i : {5, 0, 9, 1, 2, 8, 3, 4, 7, 6}) {
    EXPECT_EQ(text(GroupCipher::decrypt(reader, sent[static_cast<std::size_t>(i)])),
              std::to_string(i));
  }
  for (const Bytes& message : sent) {
    EXPECT_EQ(GroupCipher::decrypt(reader, message).fault, DecryptFault::Duplicate);
  }
  EXPECT_TRUE(reader.states().front().skipped.empty());
}

TEST_F(Group, IsNotTurnedBackByTheSameKeyAgain) {
  const Bytes first = encrypt(author, "1");
  const Bytes late = encrypt(author, "2");
  const Bytes third = encrypt(author, "3");
  EXPECT_EQ(text(GroupCipher::decrypt(reader, first)), "1");
  EXPECT_EQ(text(GroupCipher::decrypt(reader, third)), "3");
  ASSERT_TRUE(GroupCipher::process(reader, distribution));
  ASSERT_TRUE(GroupCipher::process(reader, GroupCipher::distribution(author)));
  EXPECT_EQ(reader.states().size(), 1U);
  EXPECT_EQ(GroupCipher::decrypt(reader, first).fault, DecryptFault::Duplicate);
  EXPECT_EQ(text(GroupCipher::decrypt(reader, late)), "2");
}

TEST_F(Group, HandsOutTheKeyFromNowOn) {
  const Bytes early = encrypt(author, "early");
  SenderKeyRecord joiner;
  ASSERT_TRUE(GroupCipher::process(joiner, GroupCipher::distribution(author)));
  EXPECT_EQ(GroupCipher::decrypt(joiner, early).fault, DecryptFault::Duplicate);
  EXPECT_EQ(text(GroupCipher::decrypt(joiner, encrypt(author, "later"))), "later");
}

TEST_F(Group, KeepsFiveKeysOfAnAuthor) {
  std::vector<Bytes> sent;
  for (int i = 0; i < 6; ++i) {
    SenderKeyRecord rotated;
    ASSERT_TRUE(GroupCipher::process(reader, GroupCipher::distribution(rotated)));
    sent.push_back(encrypt(rotated, std::to_string(i)));
  }
  EXPECT_EQ(reader.states().size(), kMaxSenderKeyStates);
  EXPECT_EQ(GroupCipher::decrypt(reader, sent[0]).fault, DecryptFault::InvalidKeyId);
  for (std::size_t i = 1; i < sent.size(); ++i) {
    EXPECT_EQ(text(GroupCipher::decrypt(reader, sent[i])), std::to_string(i));
  }
}

TEST_F(Group, RefusesForgeriesAndLeavesTheRecordAlone) {
  const Bytes message = encrypt(author, "1");
  const SecretBytes before = reader.encode();
  for (std::size_t i = 0; i < message.size(); ++i) {
    Bytes forged = message;
    forged[i] ^= 0x10U;
    EXPECT_FALSE(GroupCipher::decrypt(reader, forged).ok()) << "octet " << i;
    EXPECT_EQ(to_hex(reader.encode()), to_hex(before));
  }
  EXPECT_EQ(text(GroupCipher::decrypt(reader, message)), "1");
  SenderKeyRecord stranger;
  EXPECT_EQ(GroupCipher::decrypt(stranger, message).fault, DecryptFault::NoSession);
  EXPECT_FALSE(GroupCipher::encrypt(reader, as_bytes("as somebody else")));
}

TEST_F(Group, LooksTwoThousandMessagesAhead) {
  std::vector<Bytes> sent;
  for (std::uint32_t i = 0; i <= kMaxSkip + 1; ++i) {
    sent.push_back(encrypt(author, std::to_string(i)));
  }
  EXPECT_EQ(GroupCipher::decrypt(reader, sent[kMaxSkip + 1]).fault, DecryptFault::FutureMessage);
  EXPECT_EQ(text(GroupCipher::decrypt(reader, sent[kMaxSkip])), std::to_string(kMaxSkip));
  reader = SenderKeyRecord::decode(reader.encode()).value();
  EXPECT_EQ(text(GroupCipher::decrypt(reader, sent[0])), "0");
}

TEST(SignalAddress, TellsTheKindsOfPeopleApart) {
  EXPECT_EQ(signal_address(Jid::of_user("15550001001", server::kUser, 2)), "15550001001.2");
  EXPECT_EQ(signal_address(Jid::of_user("1001", server::kLid)), "1001_1.0");
  EXPECT_EQ(signal_address(Jid::of_user("1001", server::kHosted, 99)), "1001_128.99");
  EXPECT_EQ(signal_address(Jid::of_user("1001", server::kHostedLid, 99)), "1001_129.99");
}

}  // namespace
}  // namespace waxwing::multidevice
