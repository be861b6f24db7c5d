// SPDX-License-Identifier: Apache-2.0
// Group storage: the data model of abi/storage.h.
#include <algorithm>
#include <set>
#include <thread>

#include "base/json.hpp"
#include "storage_scene.hpp"

namespace waxwing::plugin_check {
namespace {

using plugin_host::Batch;
using plugin_host::KeyRef;
using plugin_host::Row;
using plugin_host::Scan;
using plugin_host::WriteOp;
using Keys = std::vector<std::string>;

std::string shown(const Keys& keys) {
  std::string text;
  for (const std::string& key : keys) {
    text += (text.empty() ? "" : " ") + json::dump(key);
  }
  return text.empty() ? "nothing" : text;
}

void expect_keys(const Keys& found, const Keys& wanted, const std::string& what) {
  expect(found == wanted, what + " gave " + shown(found) + " instead of " + shown(wanted));
}

Verdict put_and_get(const Run& run) {
  StorageScene scene(run);
  scene.open();
  std::string octets;
  for (int i = 0; i < 256; ++i) {
    octets += static_cast<char>(i);
  }
  scene.apply({WriteOp::put("s", octets, octets), WriteOp::put("s", "empty", ""),
               WriteOp::put("other", "a", "elsewhere"), WriteOp::put("s", "a", "here")});
  expect(scene.value(octets) == octets, "256 different octets do not come back as they were");
  expect(scene.value("empty").empty(), "an empty value does not come back");
  expect(scene.value("missing") == "-", "a missing key is not left out of the answer");
  const auto rows =
      scene.storage().get("t", std::vector<KeyRef>{{"s", "a"}, {"s", "missing"}, {"other", "a"}});
  expect(rows.has_value() && rows->size() == 2, "get() of several keys does not give each once");
  for (const Row& row : *rows) {
    expect(row.value == (row.space == "s" ? "here" : "elsewhere"), "spaces are mixed up");
    expect(row.version > 0, "a row without a version");
    expect(row.expires_at_ms == 0, "a row that never expires has a time");
  }
  scene.apply({WriteOp::put("s", "a", "newer")});
  expect(scene.value("a") == "newer", "a second put does not replace the first");
  return pass();
}

Verdict tenants(const Run& run) {
  StorageScene scene(run);
  scene.open();
  std::set<std::string> wanted;
  for (const char* tenant : {"", "one", "two", "One", "session_01hx"}) {
    scene.put({"a"}, tenant);
    wanted.insert(tenant);
  }
  const auto listed = scene.storage().list_tenants();
  expect_ok(listed ? Status::ok() : listed.error(), "list_tenants() failed");
  expect(std::set<std::string>(listed->begin(), listed->end()) == wanted &&
             listed->size() == wanted.size(),
         "list_tenants() gave " + shown(*listed));
  expect_ok(scene.storage().drop_tenant("two"), "drop_tenant() failed");
  expect_ok(scene.storage().drop_tenant("never"), "drop_tenant() of an unknown tenant failed");
  expect(scene.value("a", "two") == "-", "a dropped tenant still has rows");
  expect(scene.value("a", "one") == "value of a" && scene.value("a", "") == "value of a",
         "drop_tenant() took rows of another tenant");
  scene.put({"b"}, "one");
  const Status kept = scene.storage().drop_tenant("one", "s");
  expect_ok(kept, "drop_tenant() with spaces to keep failed");
  expect(scene.value("a", "one") == "value of a", "drop_tenant() took rows of a space to keep");
  expect_ok(scene.storage().drop_tenant("one", "other."), "drop_tenant() failed");
  expect(scene.value("a", "one") == "-", "drop_tenant() left rows of a space that was not to keep");
  return pass();
}

Verdict atomic(const Run& run) {
  StorageScene scene(run);
  scene.open();
  scene.put({"a"});
  scene.expect_conflict({WriteOp::put("s", "new", "1"), WriteOp::erase("s", "a"),
                         WriteOp::put("s", "a", "2").if_version(1'000'000)},
                        "when the last step's condition fails");
  expect(scene.value("new") == "-" && scene.value("a") == "value of a",
         "a batch that failed left some of its steps behind");
  scene.apply({WriteOp::put("s", "b", "1"), WriteOp::put("s", "b", "2"), WriteOp::erase("s", "a")});
  expect(scene.value("b") == "2" && scene.value("a") == "-",
         "the steps of a batch are not applied in their order");
  return pass();
}

Verdict conditions(const Run& run) {
  StorageScene scene(run);
  scene.open();
  const std::uint64_t version = scene.apply({WriteOp::put("s", "a", "1").if_absent()});
  scene.expect_conflict({WriteOp::put("s", "a", "2").if_absent()}, "for IF_ABSENT of a row");
  scene.expect_conflict({WriteOp::put("s", "a", "2").if_version(version + 1)},
                        "for IF_VERSION with another version");
  scene.expect_conflict({WriteOp::put("s", "b", "2").if_version(version)},
                        "for IF_VERSION of an absent row");
  scene.expect_conflict({WriteOp::put("s", "a", "2").if_version(0)},
                        "for IF_VERSION 0 (absent) of a row");
  scene.apply({WriteOp::put("s", "a", "2").if_version(version)});
  scene.apply({WriteOp::put("s", "c", "1").if_version(0)});
  // Each condition is checked when its turn comes.
  scene.apply({WriteOp::erase("s", "c"), WriteOp::put("s", "c", "2").if_absent()});
  expect(scene.value("c") == "2", "IF_ABSENT does not see what its own batch erased");
  return pass();
}

Verdict versions(const Run& run) {
  StorageScene scene(run);
  scene.open();
  std::uint64_t last = 0;
  for (int round = 0; round < 5; ++round) {
    const std::uint64_t version =
        scene.apply({WriteOp::put("s", "a", "1"), WriteOp::put("s", "b", "1")});
    const auto rows = scene.storage().get("t", std::vector<KeyRef>{{"s", "a"}, {"s", "b"}});
    expect(rows.has_value() && rows->size() == 2, "get() failed");
    expect((*rows)[0].version == (*rows)[1].version, "rows of one batch differ in version");
    expect(version == 0 || version == (*rows)[0].version,
           "apply() reports another version than its rows have");
    expect((*rows)[0].version > last, "versions of a tenant do not grow");
    last = (*rows)[0].version;
    if (round == 2) {
      expect_ok(scene.storage().drop_tenant("t"), "drop_tenant() failed");
    }
    if (round == 3) {
      scene.close();
      scene.open();
    }
  }
  return pass();
}

Verdict scan_order(const Run& run) {
  StorageScene scene(run);
  scene.open();
  using namespace std::string_literals;
  Keys all = {""s,         "\0"s,   "\0\xff"s,   "A"s,       "a"s,    "a\0"s,
              "a\0b"s,     "ab"s,   "b"s,        "\x7f"s,    "\x80"s, "\xc3\xa4"s,
              "\xfe\xff"s, "\xff"s, "\xff\x00"s, "\xff\xff"s};
  all.erase(all.begin());  // an empty key is a matter of the module
  std::sort(all.begin(), all.end(), [](const std::string& a, const std::string& b) {
    return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
      return static_cast<unsigned char>(x) < static_cast<unsigned char>(y);
    });
  });
  Keys shuffled = all;
  std::reverse(shuffled.begin(), shuffled.end());
  std::swap(shuffled.front(), shuffled[shuffled.size() / 2]);
  scene.put(shuffled);
  scene.apply({WriteOp::put("s2", "x", "another space"), WriteOp::put("r", "x", "another space")});
  expect_keys(scene.keys(), all, "scan() in the order of octets");
  Keys backwards = all;
  std::reverse(backwards.begin(), backwards.end());
  expect_keys(scene.keys({.reverse = true}), backwards, "a reverse scan()");
  for (const bool reverse : {false, true}) {
    Keys paged;
    std::string after;
    while (true) {
      const Keys page = scene.keys({.after = after, .limit = 3, .reverse = reverse});
      expect(page.size() <= 3, "scan() gives more rows than its limit");
      paged.insert(paged.end(), page.begin(), page.end());
      if (page.empty() || paged.size() > all.size()) {
        break;
      }
      after = page.back();
    }
    expect_keys(paged, reverse ? backwards : all, "scan() page by page");
  }
  return pass();
}

Verdict scan_prefix(const Run& run) {
  StorageScene scene(run);
  scene.open();
  using namespace std::string_literals;
  scene.put({"a", "ab", "ab1", "ab\xff", "ac", "b", "\xff\xff", "\xff\xffz"});
  expect_keys(scene.keys({.prefix = "ab"}), {"ab", "ab1", "ab\xff"}, "a scan() of prefix 'ab'");
  expect_keys(scene.keys({.prefix = "\xff\xff"}), {"\xff\xff", "\xff\xffz"},
              "a scan() of a prefix that ends in 0xff");
  expect_keys(scene.keys({.prefix = "ab", .after = "ab", .limit = 1}), {"ab1"},
              "a scan() after a key of the prefix");
  expect_keys(scene.keys({.prefix = "ab", .after = "ab1", .reverse = true}), {"ab"},
              "a reverse scan() before a key of the prefix");
  expect_keys(scene.keys({.prefix = "nothing"}), {}, "a scan() without matches");
  const auto rows = scene.storage().scan("t", {.space = "s", .prefix = "ab", .keys_only = true});
  expect(rows.has_value() && rows->size() == 3, "a scan() of keys failed");
  expect(rows->front().value.empty(), "a scan() of keys carries values");
  return pass();
}

Verdict erase_prefix(const Run& run) {
  StorageScene scene(run);
  scene.open();
  using namespace std::string_literals;
  scene.put({"a", "ab", "ab\xff\xff", "ac", "b", "\xff", "\xff\xff"});
  scene.apply({WriteOp::put("other", "ab", "1")});
  scene.apply({WriteOp::erase_prefix("s", "ab")});
  expect_keys(scene.keys(), {"a", "ac", "b", "\xff", "\xff\xff"}, "after erasing prefix 'ab'");
  scene.apply({WriteOp::erase_prefix("s", "\xff")});
  expect_keys(scene.keys(), {"a", "ac", "b"}, "after erasing prefix 0xff");
  scene.apply({WriteOp::erase_prefix("s", "")});
  expect_keys(scene.keys(), {}, "after erasing the whole space");
  expect_keys(scene.keys({.space = "other"}), {"ab"}, "another space, after erasing a prefix");
  return pass();
}

Verdict expiry(const Run& run) {
  StorageScene scene(run);
  scene.open();
  const std::int64_t now = Clock::system().unix_ms();
  scene.apply({WriteOp::put("s", "past", "1", now - 1'000), WriteOp::put("s", "old", "1", 1),
               WriteOp::put("s", "future", "1", now + 3'600'000)});
  expect_keys(scene.keys(), {"future"}, "scan() with expired rows");
  expect(scene.value("past") == "-" && scene.value("old") == "-", "get() gives an expired row");
  scene.apply({WriteOp::put("s", "past", "again").if_absent()});
  expect(scene.value("past") == "again", "an expired row does not count as absent");
  const auto rows = scene.storage().get("t", std::vector<KeyRef>{{"s", "future"}});
  expect(rows.has_value() && rows->size() == 1 && rows->front().expires_at_ms == now + 3'600'000,
         "the time of a row that will expire is lost");
  return pass();
}

Verdict large_values(const Run& run) {
  StorageScene scene(run);
  scene.open();
  const std::size_t most = scene.storage().info().max_value_bytes;
  const std::size_t size = most == 0 ? std::size_t{4} << 20 : most;
  const std::string value(size, 'x');
  scene.apply({WriteOp::put("s", "large", value)});
  expect(scene.value("large") == value, "a value of max_value_bytes does not come back");
  if (most != 0) {
    // The host does not send it; if one did, an error is right and a truncated row is not.
    const auto result =
        scene.storage().apply("t", Ops{WriteOp::put("s", "larger", std::string(most + 1, 'y'))});
    const std::string kept = scene.value("larger");
    expect(result.status.is_ok() ? kept.size() == most + 1 : kept == "-",
           "a value beyond max_value_bytes is stored in part");
  }
  return pass();
}

Verdict many_batches(const Run& run) {
  StorageScene scene(run);
  scene.open();
  scene.put({"taken"}, "b");
  const Ops good = {WriteOp::put("s", "k", "1"), WriteOp::put("s", "l", "1")};
  const Ops bad = {WriteOp::put("s", "k", "1"), WriteOp::put("s", "taken", "2").if_absent()};
  const Ops second = {WriteOp::put("s", "k", "2")};
  const std::vector<Batch> batches = {{"a", good}, {"b", bad}, {"c", good}, {"a", second}};
  const auto results = scene.storage().apply_many(batches);
  expect(results.size() == 4, "apply_many() does not answer every batch");
  expect(results[0].status.is_ok() && results[2].status.is_ok() && results[3].status.is_ok(),
         "a batch that failed took others with it");
  expect(results[1].status.code() == Code::Conflict, "the batch whose condition fails is not told");
  expect(scene.value("k", "b") == "-", "a failed batch of apply_many() left rows behind");
  expect(scene.value("k", "a") == "2", "batches of one tenant are not applied in their order");
  return pass();
}

Verdict concurrent(const Run& run) {
  constexpr int kRounds = 50;
  StorageScene scene(run);
  scene.open();
  const unsigned threads = std::min(scene.storage().info().concurrency, 8U);
  std::vector<std::thread> workers;
  std::atomic<int> failures{0};
  for (unsigned n = 0; n < threads; ++n) {
    workers.emplace_back([&, n] {
      const std::string tenant = "tenant-" + std::to_string(n);
      for (int i = 0; i < kRounds; ++i) {
        const Ops ops = {WriteOp::put("s", std::to_string(i), tenant)};
        if (!scene.storage().apply(tenant, ops).status.is_ok() ||
            !scene.storage().scan(tenant, {.space = "s"}).has_value()) {
          ++failures;
        }
      }
    });
  }
  for (std::thread& worker : workers) {
    worker.join();
  }
  expect(failures == 0, std::to_string(failures) + " calls failed when " + std::to_string(threads) +
                            " ran at once, as the descriptor allows");
  for (unsigned n = 0; n < threads; ++n) {
    expect(scene.keys({}, "tenant-" + std::to_string(n)).size() == kRounds,
           "rows are missing after concurrent writes");
  }
  return pass(std::to_string(threads) + " at once");
}

Verdict stats(const Run& run) {
  StorageScene scene(run);
  scene.open();
  const auto text = scene.storage().stats();
  expect_ok(text ? Status::ok() : text.error(), "stats() failed");
  const auto parsed = json::parse(*text);
  expect(parsed.has_value() && parsed->is_object(), "stats() gives no JSON object");
  return pass();
}

Verdict reopened(const Run& run) {
  StorageScene scene(run);
  scene.open();
  scene.put({"a", "b"});
  for (int i = 0; i < 3; ++i) {
    scene.close();
    scene.open();
    expect(scene.value("a") == "value of a", "a row is lost after close() and open()");
  }
  return pass();
}

}  // namespace

std::vector<Test> storage_tests() {
  return {{"storage.put-and-get", "B11", Needs::Storage, 20, put_and_get},
          {"storage.tenants", "B11", Needs::Storage, 20, tenants},
          {"storage.atomic", "B11", Needs::Storage, 20, atomic},
          {"storage.conditions", "B11", Needs::Storage, 20, conditions},
          {"storage.versions", "B11", Needs::Storage, 20, versions},
          {"storage.scan-order", "B11", Needs::Storage, 20, scan_order},
          {"storage.scan-prefix", "B11", Needs::Storage, 20, scan_prefix},
          {"storage.erase-prefix", "B11", Needs::Storage, 20, erase_prefix},
          {"storage.expiry", "B11", Needs::Storage, 20, expiry},
          {"storage.large-values", "B11", Needs::Storage, 30, large_values},
          {"storage.many-batches", "B11", Needs::Storage, 20, many_batches},
          {"storage.concurrent", "B6", Needs::Storage, 60, concurrent},
          {"storage.stats", "B11", Needs::Storage, 20, stats},
          {"storage.reopened", "B11", Needs::Storage, 20, reopened}};
}

}  // namespace waxwing::plugin_check
