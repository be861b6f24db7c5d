// SPDX-License-Identifier: Apache-2.0
// The wrapper over a storage table: modules that are older, smaller or wrong.
#include "plugin/storage_module.hpp"

#include <cstring>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/storage/memory_storage.hpp"

namespace waxwing::plugin_host {
namespace {

using ::testing::HasSubstr;

wax_storage* some_self() {
  static int object = 0;
  return reinterpret_cast<wax_storage*>(&object);
}

int g_closed = 0;

// Every function there is, each doing as little as its rules allow.
wax_storage_vtable least_table() {
  wax_storage_vtable t{};
  t.struct_size = sizeof t;
  t.open = [](wax_storage*, wax_error*) noexcept -> wax_status { return WAX_OK; };
  t.get = [](wax_storage*, wax_str, const wax_kv*, uint32_t, wax_rows_fn rows, void* user,
             wax_error*) noexcept -> wax_status {
    rows(user, WAX_OK, nullptr, 0, nullptr);
    return WAX_OK;
  };
  t.scan = [](wax_storage*, wax_str, const wax_scan*, wax_rows_fn rows, void* user,
              wax_error*) noexcept -> wax_status {
    rows(user, WAX_OK, nullptr, 0, nullptr);
    return WAX_OK;
  };
  t.apply = [](wax_storage*, wax_str tenant, const wax_kv*, uint32_t, uint64_t* version,
               wax_error* err) noexcept -> wax_status {
    if (std::string_view(tenant.data, tenant.size) == "bad") {
      std::strcpy(err->message, "no room");
      err->retry_after_ms = 70;
      return WAX_E_UNAVAILABLE;
    }
    *version = 5;
    return WAX_OK;
  };
  t.drop_tenant = [](wax_storage*, wax_str, wax_str, wax_error*) noexcept -> wax_status {
    return WAX_OK;
  };
  t.list_tenants = [](wax_storage*, wax_rows_fn, void*, wax_error*) noexcept -> wax_status {
    return WAX_OK;
  };
  t.close = [](wax_storage*) noexcept { ++g_closed; };
  return t;
}

std::unique_ptr<StorageModule> adopt(const wax_storage_vtable& table) {
  return StorageModule::adopt(table, some_self(), {"test", 0, 0}, nullptr).value();
}

TEST(StorageModule, NamesTheSlotThatIsMissing) {
  wax_storage_vtable table = least_table();
  table.scan = nullptr;
  g_closed = 0;
  const auto refused = StorageModule::adopt(table, some_self(), {"test", 0, 1}, nullptr);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::Abi);
  EXPECT_THAT(refused.error().message(), HasSubstr("'scan'"));
  EXPECT_EQ(g_closed, 1);
  EXPECT_FALSE(StorageModule::adopt(least_table(), nullptr, {"test", 0, 1}, nullptr));
}

TEST(StorageModule, ClosesOnceAndThenLetsTheModuleGo) {
  g_closed = 0;
  bool gone = false;
  {
    auto storage = StorageModule::adopt(
        least_table(), some_self(), {"test", 0, 0},
        std::shared_ptr<const void>(some_self(), [&](const void*) { gone = g_closed == 1; }));
    ASSERT_TRUE(storage);
    EXPECT_EQ((*storage)->info().concurrency, 1U) << "0 means 1";
    (*storage)->close();
    (*storage)->close();
    EXPECT_FALSE(gone);
  }
  EXPECT_EQ(g_closed, 1);
  EXPECT_TRUE(gone);
}

TEST(StorageModule, DoesWithoutTheOptionalSlots) {
  const auto storage = adopt(least_table());
  const std::vector<WriteOp> ops = {WriteOp::put("s", "a", "1")};
  const std::vector<Batch> batches = {{"good", ops}, {"bad", ops}, {"good", ops}};
  const auto results = storage->apply_many(batches);
  ASSERT_EQ(results.size(), 3U);
  EXPECT_TRUE(results[0].status);
  EXPECT_EQ(results[0].version, 5U);
  EXPECT_EQ(results[1].status.code(), Code::Unavailable);
  EXPECT_EQ(results[1].status.message(), "no room");
  EXPECT_EQ(results[1].status.retry_after_ms(), 70U);
  EXPECT_TRUE(results[2].status);
  EXPECT_EQ(storage->stats().value(), "{}");
  EXPECT_TRUE(storage->list_tenants().value().empty());
}

TEST(StorageModule, AReadWithoutAnAnswerFails) {
  wax_storage_vtable table = least_table();
  table.get = [](wax_storage*, wax_str, const wax_kv*, uint32_t, wax_rows_fn, void*,
                 wax_error*) noexcept -> wax_status { return WAX_OK; };
  const auto rows = adopt(table)->get("t", std::vector<KeyRef>{{"s", "a"}});
  ASSERT_FALSE(rows);
  EXPECT_EQ(rows.error().code(), Code::Internal);
}

TEST(StorageModule, TakesAFailureFromTheCallbackToo) {
  wax_storage_vtable table = least_table();
  table.get = [](wax_storage*, wax_str, const wax_kv*, uint32_t, wax_rows_fn rows, void* user,
                 wax_error* err) noexcept -> wax_status {
    std::strcpy(err->message, "gone");
    rows(user, WAX_E_UNAVAILABLE, nullptr, 0, err);
    return WAX_OK;
  };
  const auto rows = adopt(table)->get("t", std::vector<KeyRef>{{"s", "a"}});
  ASSERT_FALSE(rows);
  EXPECT_EQ(rows.error().code(), Code::Unavailable);
  EXPECT_EQ(rows.error().message(), "gone");
}

TEST(StorageModule, WalksRowsOfANewerModuleByTheirOwnSize) {
  struct NewerKv {
    wax_kv kv;
    char more[24];
  };
  wax_storage_vtable table = least_table();
  table.get = [](wax_storage*, wax_str, const wax_kv*, uint32_t, wax_rows_fn rows, void* user,
                 wax_error*) noexcept -> wax_status {
    NewerKv answer[2] = {};
    const char* keys[2] = {"one", "two"};
    for (int i = 0; i < 2; ++i) {
      answer[i].kv.struct_size = sizeof(NewerKv);
      answer[i].kv.key = {reinterpret_cast<const uint8_t*>(keys[i]), 3};
    }
    rows(user, WAX_OK, &answer[0].kv, 2, nullptr);
    return WAX_OK;
  };
  const auto rows = adopt(table)->get("t", std::vector<KeyRef>{{"s", "a"}});
  ASSERT_TRUE(rows);
  ASSERT_EQ(rows->size(), 2U);
  EXPECT_EQ((*rows)[1].key, "two");
}

TEST(StorageModule, AGroupThatFailsBeforeItsBatchesFailsThemAll) {
  wax_storage_vtable table = least_table();
  table.apply_many = [](wax_storage*, const wax_str*, const wax_kv* const*, const uint32_t*,
                        uint32_t, wax_status* results, uint64_t*,
                        wax_error* err) noexcept -> wax_status {
    results[0] = WAX_OK;
    results[1] = WAX_E_CONFLICT;
    std::memset(err->message, 'x', sizeof err->message);  // and no terminator
    err->code = WAX_E_UNAVAILABLE;
    return WAX_E_UNAVAILABLE;
  };
  const std::vector<WriteOp> ops = {WriteOp::put("s", "a", "1")};
  const std::vector<Batch> batches(3, Batch{"t", ops});
  const auto results = adopt(table)->apply_many(batches);
  EXPECT_TRUE(results[0].status);
  EXPECT_EQ(results[1].status.code(), Code::Conflict);
  EXPECT_THAT(results[1].status.message(), HasSubstr("condition"));
  EXPECT_EQ(results[2].status.code(), Code::Unavailable);
  EXPECT_EQ(results[2].status.message().size(), sizeof(wax_error::message));
}

TEST(StorageModule, AnUnknownStatusIsInternal) {
  wax_storage_vtable table = least_table();
  table.open = [](wax_storage*, wax_error*) noexcept -> wax_status { return -4'711; };
  EXPECT_EQ(adopt(table)->open().code(), Code::Internal);
}

}  // namespace
}  // namespace waxwing::plugin_host
