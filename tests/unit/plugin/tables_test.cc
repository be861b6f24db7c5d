// SPDX-License-Identifier: Apache-2.0
// Tables that grow, handles that go stale, blobs that spill.
#include <unistd.h>

#include <array>
#include <atomic>
#include <memory>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plugin/blob.hpp"
#include "plugin/handle_table.hpp"
#include "plugin/host_tables.hpp"
#include "plugin/table.hpp"

namespace waxwing::testing {
namespace {

using plugin_host::Blob;
using plugin_host::HandleTable;
using plugin_host::normalised;
using ::testing::ElementsAre;

struct Old {
  std::uint32_t struct_size;
  std::uint32_t a;
};
struct New {
  std::uint32_t struct_size;
  std::uint32_t a;
  std::uint64_t b;
};

TEST(Table, FillsWhatAnOlderSideLacksWithZero) {
  const struct {
    Old old;
    std::uint64_t beyond;
  } memory = {{sizeof(Old), 7}, ~0ULL};
  const New full = normalised(reinterpret_cast<const New*>(&memory.old));
  EXPECT_EQ(full.a, 7U);
  EXPECT_EQ(full.b, 0U);
  EXPECT_EQ(full.struct_size, sizeof(New));
}

TEST(Table, LeavesOutWhatANewerSideHasMore) {
  const New newer{sizeof(New), 7, 9};
  const Old known = normalised(reinterpret_cast<const Old*>(&newer));
  EXPECT_EQ(known.a, 7U);
  EXPECT_EQ(known.struct_size, sizeof(Old));
  EXPECT_EQ(normalised(static_cast<const Old*>(nullptr)).a, 0U);
}

TEST(Table, WalksElementsByTheirOwnSize) {
  const std::array<New, 3> newer = {
      {{sizeof(New), 1, 0}, {sizeof(New), 2, 0}, {sizeof(New), 3, 0}}};
  std::vector<std::uint32_t> seen;
  plugin_host::for_each_element(reinterpret_cast<const Old*>(newer.data()), 3,
                                [&](const Old& element) { seen.push_back(element.a); });
  EXPECT_THAT(seen, ElementsAre(1, 2, 3));
  // Shorter elements are not read beyond their end, whatever the later ones claim to be.
  const auto older = std::make_unique<std::array<Old, 2>>();
  *older = {{{sizeof(Old), 4}, {1'000, 5}}};
  seen.clear();
  plugin_host::for_each_element(reinterpret_cast<const New*>(older->data()), 2,
                                [&](const New& element) {
                                  seen.push_back(element.a);
                                  EXPECT_EQ(element.b, 0U);
                                });
  EXPECT_THAT(seen, ElementsAre(4, 5));
  plugin_host::for_each_element(static_cast<const Old*>(nullptr), 5, [](const Old&) { FAIL(); });
}

TEST(HostTables, TakeImpossibleSizesForEmpty) {
  EXPECT_EQ(plugin_host::view(wax_str{"abc", 3}), "abc");
  EXPECT_EQ(plugin_host::view(wax_str{nullptr, 3}), "");
  EXPECT_EQ(plugin_host::view(wax_str{"abc", ~0ULL}), "");
  EXPECT_EQ(plugin_host::view(wax_bytes{nullptr, 1}), "");
}

using Table = HandleTable<std::shared_ptr<int>>;

TEST(HandleTable, ForgetsWhatWasErased) {
  Table table;
  const auto one = table.insert(std::make_shared<int>(1));
  const auto two = table.insert(std::make_shared<int>(2));
  EXPECT_NE(one, 0U);
  EXPECT_EQ(*table.get(one), 1);
  EXPECT_EQ(*table.erase(one), 1);
  EXPECT_EQ(table.get(one), nullptr);
  EXPECT_EQ(table.erase(one), nullptr);
  EXPECT_EQ(table.at_slot(one & Table::kSlotMask), nullptr);
  const auto three = table.insert(std::make_shared<int>(3));
  EXPECT_EQ(three & Table::kSlotMask, one & Table::kSlotMask) << "slots are used again";
  EXPECT_NE(three, one);
  EXPECT_EQ(table.get(one), nullptr) << "but old handles stay dead";
  EXPECT_EQ(*table.get(two), 2);
  EXPECT_EQ(table.get(0), nullptr);
  EXPECT_EQ(table.get(~0ULL), nullptr);
}

TEST(HandleTable, ServesManyThreads) {
  Table table;
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int n = 0; n < 4; ++n) {
    threads.emplace_back([&, n] {
      for (int i = 0; i < 2'000; ++i) {
        const auto handle = table.insert(std::make_shared<int>(n));
        const auto found = table.get(handle);
        wrong += found == nullptr || *found != n ? 1 : 0;
        table.erase(handle);
        wrong += table.get(handle) != nullptr ? 1 : 0;
      }
    });
  }
  for (auto& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(wrong, 0);
}

std::string read_from(int fd) {
  std::string all;
  std::array<char, 65'536> chunk{};
  for (ssize_t n = 0; (n = ::read(fd, chunk.data(), chunk.size())) > 0;) {
    all.append(chunk.data(), static_cast<std::size_t>(n));
  }
  return all;
}

TEST(Blob, KeepsLittleInMemoryAndSpillsMore) {
  std::string all;
  Blob blob;
  while (all.size() <= 2 * Blob::kMaxInMemory) {
    const std::string piece(100'000, static_cast<char>('a' + all.size() % 26));
    ASSERT_TRUE(blob.append(piece));
    all += piece;
    EXPECT_EQ(blob.view().empty(), all.size() > Blob::kMaxInMemory);
  }
  blob.seal();
  EXPECT_EQ(blob.size(), all.size());
  EXPECT_EQ(*blob.read_all(), all);
  std::string middle(10, '\0');
  EXPECT_EQ(blob.read(99'995, middle.data(), middle.size()), 10);
  EXPECT_EQ(middle, all.substr(99'995, 10));
  EXPECT_EQ(blob.read(all.size(), middle.data(), middle.size()), 0);
  EXPECT_EQ(blob.append("more").code(), Code::State);
}

TEST(Blob, GivesDescriptorsWithAPlaceOfTheirOwn) {
  for (const std::size_t size : {std::size_t{1'000}, 2 * Blob::kMaxInMemory}) {
    const std::string content(size, 'x');
    auto blob = Blob::from(content);
    ASSERT_TRUE(blob.has_value());
    const int one = (*blob)->dup_fd();
    const int two = (*blob)->dup_fd();
    ASSERT_GE(one, 0);
    ASSERT_GE(two, 0);
    EXPECT_EQ(read_from(one), content);
    EXPECT_EQ(read_from(two), content) << "reading one does not move the other";
    ::close(one);
    ::close(two);
    EXPECT_EQ(*(*blob)->read_all(), content);
  }
}

TEST(Blob, ReadsBeyondItsEndAsNothing) {
  auto blob = Blob::from("abc");
  char octet = 0;
  EXPECT_EQ((*blob)->read(3, &octet, 1), 0);
  EXPECT_EQ((*blob)->read(~0ULL, &octet, 1), 0);
  EXPECT_EQ((*blob)->read(2, &octet, 1), 1);
  EXPECT_EQ(octet, 'c');
}

TEST(Blob, HasALimitForAllTogether) {
  constexpr std::uint64_t kUsual = 512ULL * 1024 * 1024;
  Blob::limit_total(1'000);
  Blob one;
  Blob two;
  EXPECT_TRUE(one.append(std::string(600, 'x')));
  EXPECT_EQ(two.append(std::string(600, 'x')).code(), Code::Unavailable);
  EXPECT_EQ(two.size(), 0U);
  EXPECT_TRUE(two.append(std::string(400, 'x'))) << "what was refused does not count";
  {
    const Blob gone = {};
    EXPECT_EQ(one.append("x").code(), Code::Unavailable);
  }
  Blob::limit_total(kUsual);
  EXPECT_TRUE(one.append("x"));
}

}  // namespace
}  // namespace waxwing::testing
