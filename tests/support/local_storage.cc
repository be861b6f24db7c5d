// SPDX-License-Identifier: Apache-2.0
// Loading of the module and a look at its files from outside.
#include "support/local_storage.hpp"

#include <dlfcn.h>

#include <cstdio>
#include <cstdlib>
#include <utility>

#include <sqlite3.h>

#include <waxwing/abi.h>

#include "plugin/table.hpp"

namespace waxwing::testing {
namespace {

using plugin_host::normalised;

// Loaded once and never unmapped, so that leak reports have names.
const wax_module& module() {
  static const wax_module loaded = [] {
    void* file = ::dlopen(WAX_STORAGE_LOCAL_FILE, RTLD_NOW | RTLD_LOCAL);
    if (file == nullptr) {
      std::fprintf(stderr, "%s\n", ::dlerror());
      std::abort();
    }
    const auto entry = reinterpret_cast<wax_module_v1_fn>(::dlsym(file, WAX_MODULE_SYMBOL));
    return normalised(entry());
  }();
  return loaded;
}

const wax_host& bare_host() {
  static const wax_host host = [] {
    wax_host h{};
    h.struct_size = sizeof h;
    h.abi_major = WAX_ABI_MAJOR;
    h.abi_minor = WAX_ABI_MINOR;
    h.name = "test";
    h.version = "0";
    h.get_extension = [](const wax_host*, const char*) noexcept -> const void* { return nullptr; };
    return h;
  }();
  return host;
}

}  // namespace

Result<std::unique_ptr<plugin_host::StorageModule>> create_local_storage(
    const std::string& config_json) {
  wax_error err{};
  err.struct_size = sizeof err;
  wax_module_ctx* ctx = nullptr;
  if (const wax_status status = module().init(&bare_host(), &ctx, &err); status != WAX_OK) {
    return Status(code_from_abi(status), err.message);
  }
  std::shared_ptr<const void> keep_alive(ctx, [](wax_module_ctx* c) { module().shutdown(c); });
  const auto factory = normalised(
      static_cast<const wax_storage_factory*>(module().get_factory(ctx, WAX_STORAGE_FACTORY)));
  const auto desc = normalised(factory.describe(ctx, 0));
  const wax_storage_vtable* table = nullptr;
  wax_storage* self = nullptr;
  if (const wax_status status = factory.create(
          ctx, desc.id, {config_json.data(), config_json.size()}, &table, &self, &err);
      status != WAX_OK) {
    return Status(code_from_abi(status), err.message);
  }
  return plugin_host::StorageModule::adopt(normalised(table), self,
                                           {desc.id, desc.max_value_bytes, desc.concurrency},
                                           std::move(keep_alive));
}

std::string local_config(const std::string& path, int shards, const std::string& more) {
  return R"({"path":")" + path + R"(","shards":)" + std::to_string(shards) +
         (more.empty() ? "" : "," + more) + "}";
}

std::unique_ptr<plugin_host::StorageModule> open_local_storage(const std::string& path, int shards,
                                                               const std::string& more) {
  auto created = create_local_storage(local_config(path, shards, more));
  const Status status = created ? (*created)->open() : created.error();
  if (!status) {
    std::fprintf(stderr, "%s\n", status.message().c_str());
    std::abort();
  }
  return std::move(created).value();
}

std::string integrity_of(const std::string& database_file) {
  sqlite3* db = nullptr;
  std::string verdict = "cannot be opened";
  if (sqlite3_open_v2(database_file.c_str(), &db, SQLITE_OPEN_READWRITE, nullptr) == SQLITE_OK) {
    verdict.clear();
    const auto collect = [](void* out, int columns, char** values, char**) {
      for (int i = 0; i < columns; ++i) {
        static_cast<std::string*>(out)->append(values[i] != nullptr ? values[i] : "");
      }
      return 0;
    };
    if (sqlite3_exec(db, "PRAGMA integrity_check", collect, &verdict, nullptr) != SQLITE_OK) {
      verdict = sqlite3_errmsg(db);
    }
  }
  sqlite3_close(db);
  return verdict;
}

}  // namespace waxwing::testing
