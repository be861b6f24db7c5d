// SPDX-License-Identifier: Apache-2.0
// Whatever the network does to messages, we and libsignal-protocol-c read each other's, each once.
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "multidevice/signal/sender_key.hpp"
#include "party.hpp"
#include "signal_c.hpp"

namespace waxwing::multidevice {
namespace {

// WAX_INTERLEAVINGS=10000 for a long run, once in each check; WAX_SEED repeats one.
std::uint32_t number_from(const char* name, std::uint32_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : static_cast<std::uint32_t>(std::strtoul(text, nullptr, 10));
}

class Chance {
 public:
  explicit Chance(std::uint32_t seed) : engine_(seed) {}
  std::size_t below(std::size_t bound) { return engine_() % bound; }
  bool in(std::size_t bound) { return below(bound) == 0; }

 private:
  std::mt19937 engine_;
};

// On its way; `turn` counts how often the sender had made a new key.
template <class T>
struct Letter {
  T message;
  std::string text;
  int turn = 0;
  bool arrived = false;
};

constexpr int kMostTurns = 3;  // five chains are kept, of which some may be of another run

TEST(SignalWitness, ReadsSessionsInAnyInterleaving) {
  const std::uint32_t first = number_from("WAX_SEED", 1);
  const std::uint32_t count = number_from("WAX_INTERLEAVINGS", 300);
  std::size_t read = 0;
  for (std::uint32_t seed = first; seed < first + count; ++seed) {
    SCOPED_TRACE("WAX_SEED=" + std::to_string(seed));
    Chance chance(seed);
    Party ours;
    SignalC theirs;
    std::vector<Letter<Ciphertext>> to_us;
    std::vector<Letter<Ciphertext>> to_them;
    int turn = 0;
    bool we_spoke_last = false;
    bool begun_us = false;
    bool begun_them = false;
    const auto begin = [&](bool us) {
      if (us) {
        ASSERT_TRUE(SessionCipher::begin(ours.session, ours.device, theirs.bundle(!chance.in(4))));
        begun_us = true;
      } else {
        ASSERT_TRUE(theirs.begin(ours.bundle(!chance.in(4))));
        begun_them = true;
      }
    };
    begin(chance.in(2));
    for (int step = 0; step < 30; ++step) {
      const std::size_t what = chance.below(10);
      const bool us = chance.in(2);
      if (what < 4 && (us ? begun_us : begun_them)) {
        turn += us != we_spoke_last ? 1 : 0;
        we_spoke_last = us;
        const std::string text = "letter " + std::to_string(step);
        if (us) {
          to_them.push_back({ours.encrypt(as_bytes(text)), text, turn});
        } else {
          to_us.push_back({theirs.encrypt(as_bytes(text)), text, turn});
        }
      } else if (what < 8) {
        auto& letters = us ? to_us : to_them;
        if (letters.empty()) {
          continue;
        }
        const std::size_t at = chance.below(letters.size());
        Letter<Ciphertext>& letter = letters[at];
        if (turn - letter.turn > kMostTurns || chance.in(10)) {
          letters.erase(letters.begin() + static_cast<std::ptrdiff_t>(at));  // lost
          continue;
        }
        std::optional<Bytes> plain;
        if (us) {
          Decrypted out = ours.decrypt(letter.message);
          if (out.ok()) {
            plain = to_bytes(out.plain);
          } else if (!letter.arrived) {
            ADD_FAILURE() << to_string(out.fault) << " at step " << step;
          }
          begun_us = begun_us || out.ok();
        } else {
          plain = theirs.decrypt(letter.message);
          begun_them = begun_them || plain.has_value();
        }
        ASSERT_EQ(plain.has_value(), !letter.arrived) << "step " << step << (us ? " us" : " them");
        if (plain) {
          EXPECT_EQ(as_text(*plain), letter.text);
          letter.arrived = true;
          ++read;
        }
        if (!chance.in(4)) {
          letters.erase(letters.begin() + static_cast<std::ptrdiff_t>(at));
        }
      } else if (what == 8 && chance.in(4)) {
        begin(us);
        turn += 1;
      }
    }
  }
  EXPECT_GT(read, count * 3);
}

TEST(SignalWitness, ReadsSenderKeysInAnyInterleaving) {
  const std::uint32_t first = number_from("WAX_SEED", 1);
  const std::uint32_t count = number_from("WAX_INTERLEAVINGS", 300);
  std::size_t read = 0;
  for (std::uint32_t seed = first; seed < first + count; ++seed) {
    SCOPED_TRACE("WAX_SEED=" + std::to_string(seed));
    Chance chance(seed);
    SenderKeyRecord own;
    SenderKeyRecord of_them;
    SignalC theirs;
    ASSERT_TRUE(theirs.process(GroupCipher::distribution(own)));
    ASSERT_TRUE(GroupCipher::process(of_them, theirs.distribution()));
    std::vector<Letter<Bytes>> to_us;
    std::vector<Letter<Bytes>> to_them;
    for (int step = 0; step < 30; ++step) {
      const std::size_t what = chance.below(10);
      const bool us = chance.in(2);
      auto& letters = us ? to_us : to_them;
      if (what < 4) {
        const std::string text = "letter " + std::to_string(step);
        if (us) {
          letters.push_back({theirs.encrypt_group(as_bytes(text)), text});
        } else {
          letters.push_back({GroupCipher::encrypt(own, as_bytes(text)).value(), text});
        }
      } else if (what == 8) {
        // The same key again, from where it stands: to us only, the library would shadow its state.
        ASSERT_TRUE(GroupCipher::process(of_them, theirs.distribution()));
      } else if (what == 9 && chance.in(5) && to_them.empty()) {
        own = SenderKeyRecord();  // rotated
        ASSERT_TRUE(theirs.process(GroupCipher::distribution(own)));
      } else if (!letters.empty()) {
        const std::size_t at = chance.below(letters.size());
        Letter<Bytes>& letter = letters[at];
        std::optional<Bytes> plain;
        if (us) {
          of_them = SenderKeyRecord::decode(of_them.encode()).value();
          GroupDecrypted out = GroupCipher::decrypt(of_them, letter.message);
          if (out.ok()) {
            plain = to_bytes(out.plain);
          }
        } else {
          plain = theirs.decrypt_group(letter.message);
        }
        ASSERT_EQ(plain.has_value(), !letter.arrived) << "step " << step << (us ? " us" : " them");
        if (plain) {
          EXPECT_EQ(as_text(*plain), letter.text);
          letter.arrived = true;
          ++read;
        }
        if (!chance.in(4)) {
          letters.erase(letters.begin() + static_cast<std::ptrdiff_t>(at));
        }
      }
    }
  }
  EXPECT_GT(read, count * 3);
}

}  // namespace
}  // namespace waxwing::multidevice
