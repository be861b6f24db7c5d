// SPDX-License-Identifier: Apache-2.0
// Sessions: vectors of another implementation, and what must hold whatever the network does.
#include "multidevice/signal/session_cipher.hpp"

#include <gtest/gtest.h>

#include "multidevice/signal/wire_messages.hpp"
#include "party.hpp"
#include "support/wa_vectors.hpp"

namespace waxwing::multidevice {
namespace {

using testing::wa_octets;
using testing::wa_vector;

PrivateKey private_key(std::string_view path) {
  return *PrivateKey::from(wa_octets(path));
}
std::string text(const Decrypted& out) {
  return out.ok() ? std::string(as_text(out.plain)) : std::string(to_string(out.fault));
}

TEST(SessionCipher, ReadsVectorsOfBaileys) {
  Party bob;
  bob.device.identity = KeyPair::from_private(private_key("signal.bob_identity_priv"));
  bob.device.signed_prekey.id = static_cast<std::uint32_t>(wa_vector("signal.bob_spk_id").number());
  bob.device.signed_prekey.key = KeyPair::from_private(private_key("signal.bob_spk_priv"));
  bob.prekeys[static_cast<std::uint32_t>(wa_vector("signal.bob_opk_id").number())] =
      KeyPair::from_private(private_key("signal.bob_opk_priv"));
  EXPECT_TRUE(verify(bob.device.identity.open, {with_key_type(bob.device.signed_prekey.key.open)},
                     wa_octets("signal.bob_spk_sig")));

  const std::size_t count = wa_vector("signal.pkmsgs").size();
  ASSERT_GE(count, 2U);
  for (std::size_t i = 0; i < count; ++i) {
    const std::string at = "signal.pkmsgs." + std::to_string(i);
    const bool first = wa_vector(at + ".type").text() == "pkmsg";
    const Ciphertext message = {first ? CiphertextType::PreKey : CiphertextType::Message,
                                wa_octets(at + ".ciphertext")};
    const Decrypted out = bob.decrypt(message);
    ASSERT_EQ(out.fault, DecryptFault::None) << to_string(out.fault);
    EXPECT_EQ(to_hex(out.plain), to_hex(wa_octets(at + ".padded_plaintext")));
    EXPECT_EQ(out.new_run, i == 0);
    EXPECT_EQ(bob.decrypt(message).fault, DecryptFault::Duplicate);
  }
  EXPECT_EQ(bob.session.current()->remote_registration_id, 4242U);
  EXPECT_TRUE(bob.prekeys.empty());
}

class Conversation : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(SessionCipher::begin(a.session, a.device, b.bundle())); }
  static void pass(Party& from, Party& to, const std::string& words) {
    EXPECT_EQ(text(to.decrypt(from.encrypt(as_bytes(words)))), words);
  }
  Party a;
  Party b;
};

TEST_F(Conversation, RepeatsThePrekeyUntilItIsAnswered) {
  const Ciphertext first = a.encrypt(as_bytes("1"));
  const Ciphertext second = a.encrypt(as_bytes("2"));
  EXPECT_EQ(second.type, CiphertextType::PreKey);
  EXPECT_EQ(text(b.decrypt(second)), "2");
  EXPECT_EQ(text(b.decrypt(first)), "1");
  pass(b, a, "3");
  EXPECT_FALSE(a.session.unanswered());
  EXPECT_EQ(a.encrypt(as_bytes("4")).type, CiphertextType::Message);
}

TEST_F(Conversation, WorksWithoutOneTimePrekey) {
  Party c;
  SessionRecord record;
  ASSERT_TRUE(SessionCipher::begin(c.session, c.device, b.bundle(false)));
  b.session = {};
  pass(c, b, "hello");
  pass(b, c, "hello yourself");
}

TEST_F(Conversation, PutsItsNextKeyOffUntilThereIsSomethingToSend) {
  pass(a, b, "1");
  EXPECT_FALSE(b.session.current()->sending.has_value());
  pass(a, b, "2");
  pass(b, a, "3");
  pass(b, a, "4");
  pass(a, b, "5");
  pass(b, a, "6");
}

TEST_F(Conversation, ReadsLateMessagesOfElderChains) {
  pass(a, b, "1");
  std::vector<Ciphertext> late;
  for (int round = 0; round < 8; ++round) {
    late.push_back(a.encrypt(as_bytes("late " + std::to_string(round))));
    pass(a, b, "a");
    pass(b, a, "b");
  }
  // Five chains are kept.
  for (int round = 0; round < 8; ++round) {
    const std::string got = text(b.decrypt(late[static_cast<std::size_t>(round)]));
    EXPECT_EQ(got == "late " + std::to_string(round), round >= 3) << got;
  }
}

TEST_F(Conversation, RefusesWhatWasReadBefore) {
  const Ciphertext first = a.encrypt(as_bytes("1"));
  EXPECT_EQ(text(b.decrypt(first)), "1");
  const SecretBytes before = b.session.encode();
  EXPECT_EQ(b.decrypt(first).fault, DecryptFault::Duplicate);
  EXPECT_EQ(to_hex(b.session.encode()), to_hex(before));
}

TEST_F(Conversation, LeavesTheRecordAloneWhenAMessageIsForged) {
  pass(a, b, "1");
  pass(b, a, "2");
  Ciphertext next = a.encrypt(as_bytes("3"));
  const SecretBytes before = b.session.encode();
  for (std::size_t i = 0; i < next.octets.size(); ++i) {
    Ciphertext forged = next;
    forged.octets[i] ^= 0x10U;
    EXPECT_FALSE(b.decrypt(forged).ok()) << "octet " << i;
    EXPECT_EQ(to_hex(b.session.encode()), to_hex(before)) << "octet " << i;
  }
  EXPECT_EQ(text(b.decrypt(next)), "3");
}

TEST_F(Conversation, LooksTwoThousandMessagesAhead) {
  pass(a, b, "1");
  std::vector<Ciphertext> sent;
  for (std::uint32_t i = 0; i <= kMaxSkip + 1; ++i) {
    sent.push_back(a.encrypt(as_bytes(std::to_string(i))));
  }
  EXPECT_EQ(b.decrypt(sent[kMaxSkip + 1]).fault, DecryptFault::FutureMessage);
  EXPECT_EQ(text(b.decrypt(sent[kMaxSkip])), std::to_string(kMaxSkip));
  EXPECT_EQ(b.session.current()->receiving.back().skipped.size(), kMaxSkippedKeys);
  EXPECT_EQ(text(b.decrypt(sent[0])), "0");
  EXPECT_EQ(text(b.decrypt(sent[kMaxSkip + 1])), std::to_string(kMaxSkip + 1));
}

TEST_F(Conversation, ForgetsTheEldestSkippedKeys) {
  pass(a, b, "1");
  const Ciphertext eldest = a.encrypt(as_bytes("eldest"));
  const Ciphertext second = a.encrypt(as_bytes("second"));
  for (std::uint32_t i = 0; i < kMaxSkippedKeys - 1; ++i) {
    (void)a.encrypt(as_bytes("lost"));
    if (i == 1000) {
      pass(a, b, "half way");
    }
  }
  pass(a, b, "at the end");
  EXPECT_EQ(b.session.current()->receiving.back().skipped.size(), kMaxSkippedKeys);
  EXPECT_EQ(b.decrypt(eldest).fault, DecryptFault::Duplicate);
  EXPECT_EQ(text(b.decrypt(second)), "second");
}

TEST_F(Conversation, SurvivesBothBeginningAtOnce) {
  ASSERT_TRUE(SessionCipher::begin(b.session, b.device, a.bundle()));
  const Ciphertext from_a = a.encrypt(as_bytes("from a"));
  const Ciphertext from_b = b.encrypt(as_bytes("from b"));
  EXPECT_EQ(text(a.decrypt(from_b)), "from b");
  EXPECT_EQ(text(b.decrypt(from_a)), "from a");
  for (int round = 0; round < 4; ++round) {
    pass(a, b, "a");
    pass(b, a, "b");
  }
  EXPECT_EQ(to_hex(a.session.current()->base_key), to_hex(b.session.current()->base_key));
}

TEST_F(Conversation, GoesOnWithARunThatTheOtherSideStillUses) {
  pass(a, b, "1");
  pass(b, a, "2");
  a.session.archive();
  EXPECT_FALSE(a.session.ready());
  pass(b, a, "3");
  EXPECT_TRUE(a.session.ready());
  pass(a, b, "4");
}

TEST_F(Conversation, KeepsFortyElderRuns) {
  pass(a, b, "1");
  for (int round = 0; round < 50; ++round) {
    ASSERT_TRUE(SessionCipher::begin(a.session, a.device, b.bundle()));
    pass(a, b, "again");
  }
  EXPECT_EQ(a.session.archived().size(), kMaxArchivedStates);
  EXPECT_EQ(b.session.archived().size(), kMaxArchivedStates);
  EXPECT_TRUE(SessionRecord::decode(a.session.encode()));
}

TEST_F(Conversation, NamesTheKeyThatIsMissing) {
  const Ciphertext first = a.encrypt(as_bytes("1"));
  Party forgetful = b;
  forgetful.prekeys.clear();
  EXPECT_EQ(forgetful.decrypt(first).fault, DecryptFault::InvalidKeyId);
  Party rotated = b;
  rotated.device.previous_signed_prekey = rotated.device.signed_prekey;
  rotated.device.signed_prekey = SignedPrekey::make(2, rotated.device.identity);
  EXPECT_EQ(text(rotated.decrypt(first)), "1");
  Party twice = b;
  twice.device.signed_prekey = SignedPrekey::make(3, twice.device.identity);
  EXPECT_EQ(twice.decrypt(first).fault, DecryptFault::InvalidKeyId);
  pass(a, b, "2");
  EXPECT_EQ(Party().decrypt(b.encrypt(as_bytes("3"))).fault, DecryptFault::NoSession);
}

TEST_F(Conversation, RefusesABundleWithAWrongSignature) {
  PreKeyBundle bundle = b.bundle();
  bundle.signature[5] ^= 1U;
  SessionRecord record;
  EXPECT_EQ(SessionCipher::begin(record, a.device, bundle).fault(), Fault::Untrusted);
  bundle = b.bundle();
  bundle.one_time->key = {};
  EXPECT_EQ(SessionCipher::begin(record, a.device, bundle).fault(), Fault::Untrusted);
  EXPECT_FALSE(record.ready());
}

TEST_F(Conversation, RefusesRecordsThatAreDamaged) {
  pass(a, b, "1");
  const SecretBytes good = b.session.encode();
  const Bytes octets = to_bytes(good);
  for (std::size_t size = 0; size < octets.size(); ++size) {
    EXPECT_FALSE(SessionRecord::decode(ByteView(octets).first(size)));
  }
  Bytes longer = octets;
  longer.push_back(0);
  EXPECT_FALSE(SessionRecord::decode(longer));
}

}  // namespace
}  // namespace waxwing::multidevice
