// SPDX-License-Identifier: Apache-2.0
// What the vault keeps in memory, and what it reads again.
#include "multidevice/message/vault.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "multidevice/session/client_host.hpp"

namespace waxwing::multidevice {
namespace {

// A disk and nothing else of the world.
class Disk final : public ClientHost {
 public:
  std::map<std::pair<std::string_view, std::string>, Bytes> rows;
  int loads = 0;

  void load(std::vector<StoreKey> keys, std::function<void(bool, const StoreRows&)> done) override {
    ++loads;
    StoreRows found;
    for (const StoreKey& key : keys) {
      if (const auto it = rows.find({key.space, key.key}); it != rows.end()) {
        found.push_back({key.space, key.key, it->second});
      }
    }
    done(true, found);
  }

  std::int64_t now_ms() override { return 0; }
  std::int64_t unix_ms() override { return 0; }
  void open_connection() override {}
  void close_connection() override {}
  void send(ByteView) override {}
  void wake_at(std::int64_t) override {}
  void after(std::uint32_t, std::function<void()>) override {}
  void commit(StoreBatch, std::function<void(bool)>) override {}
  void scan(std::string_view, std::string, std::uint32_t,
            std::function<void(bool, const StoreRows&)>) override {}
  void derive_key(std::string, Bytes, std::function<void(const Secret<32>&)>) override {}
  ClientVersion version() override { return {}; }
  bool reject_version(const ClientVersion&) override { return false; }
  void accept_version(const ClientVersion&) override {}
  void on_state(ClientState, std::string_view, std::string_view) override {}
  void on_qr(std::string_view, std::uint32_t) override {}
  void on_passkey_challenge(std::string_view) override {}
  void on_passkey_code(std::string_view) override {}
  void on_account(const DeviceRecord*) override {}
  void on_link(bool) override {}
  bool on_stanza(const Node&) override { return false; }
};

class VaultTest : public ::testing::Test {
 protected:
  static std::string number(int i) { return std::to_string(15'550'200'000 + i); }
  static std::string lid(int i) { return std::to_string(100'000'000'000'000 + i); }
  static std::string address(int i) { return lid(i) + "_1.0"; }

  // A session as one has it with a phone that writes and is not answered: one chain, nothing late.
  static Bytes record() {
    Bytes octets = {1, 1, 0, 0};  // format, a present run, no elder ones, no flags
    octets.resize(octets.size() + 32 + 32 + 4 + 32 + 32 + 32 + 4);
    octets.push_back(1);  // chains
    octets.resize(octets.size() + 32 + 32 + 4 + 2);
    return octets;
  }
  void fill_disk(int people) {
    for (int i = 0; i < people; ++i) {
      disk_.rows[{rows::kPeople, 'p' + number(i)}] = to_bytes(as_bytes(lid(i)));
      disk_.rows[{rows::kPeople, 'l' + lid(i)}] = to_bytes(as_bytes(number(i)));
      disk_.rows[{rows::kSessions, address(i)}] = record();
    }
  }
  // A message of that person's: how often the disk was asked for it.
  int hear(int i) {
    const int before = disk_.loads;
    vault_.work([&, i](bool) {
      Vault::Rows missing;
      for (const StoreKey& key :
           {StoreKey{rows::kPeople, 'p' + number(i)}, StoreKey{rows::kPeople, 'l' + lid(i)},
            StoreKey{rows::kSessions, address(i)}}) {
        if (!vault_.has(key.space, key.key)) {
          missing.push_back(key);
        }
      }
      if (missing.empty()) {
        EXPECT_NE(vault_.session(address(i)), nullptr);
      }
      return missing;
    });
    return disk_.loads - before;
  }

  Disk disk_;
  Vault vault_{disk_};
};

TEST_F(VaultTest, AHundredConversationsStayInMemory) {
  fill_disk(100);
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(hear(i), 1);
  }
  int again = 0;
  for (int i = 0; i < 100; ++i) {
    again += hear(i);
  }
  EXPECT_EQ(again, 0);
}

TEST_F(VaultTest, MoreOfThemMakeRoomForEachOther) {
  fill_disk(1'000);
  std::size_t most = 0;
  for (int i = 0; i < 1'000; ++i) {
    hear(i);
    most = std::max(most, vault_.weight());
  }
  EXPECT_LE(most, std::size_t{96} << 10U);
  EXPECT_EQ(hear(999), 0);
  EXPECT_EQ(hear(0), 1);
}

TEST_F(VaultTest, WhatIsErasedOrLetGoIsNotKept) {
  fill_disk(2);
  hear(0);
  hear(1);
  const std::size_t before = vault_.weight();
  StoreBatch batch;
  vault_.erase(batch, rows::kSessions, address(0));
  EXPECT_EQ(batch.ops().size(), 1U);
  EXPECT_FALSE(vault_.has(rows::kSessions, address(0)));
  vault_.let_go(rows::kSessions, address(1));
  EXPECT_FALSE(vault_.has(rows::kSessions, address(1)));
  vault_.let_go(rows::kSessions, "nobody");
  EXPECT_LT(vault_.weight(), before);
  EXPECT_TRUE(vault_.has(rows::kPeople, 'p' + number(0)));
  vault_.forget();
  EXPECT_EQ(vault_.weight(), 0U);
}

}  // namespace
}  // namespace waxwing::multidevice
