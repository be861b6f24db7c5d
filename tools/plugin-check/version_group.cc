// SPDX-License-Identifier: Apache-2.0
// Group version: sizes and numbers of the tables, and what is unknown to one side.
#include <cstring>

#include "actor.hpp"
#include "plugin/table.hpp"
#include "shim.hpp"

namespace waxwing::plugin_check {
namespace {

constexpr std::uint32_t kLargest = 4096;  // of any table in sight

Verdict numbers(const Run& run) {
  const wax_module* module = map_plugin(run.subject.file)();
  expect(module != nullptr, WAX_MODULE_SYMBOL " returned nothing");
  expect(module->abi_minor_required <= module->abi_minor,
         "requires a newer ABI than the one it was built with");
  expect(module->struct_size >= sizeof(wax_module) && module->struct_size <= kLargest,
         "struct_size of wax_module is " + std::to_string(module->struct_size));
  expect(module->reserved == 0, "the reserved field of wax_module is not zero");
  constexpr std::uint32_t kKnown =
      WAX_MODULE_UNLOADABLE | WAX_MODULE_WORKER_ONLY | WAX_MODULE_OWN_THREADS;
  if (module->abi_minor <= WAX_ABI_MINOR) {
    expect((module->flags & ~kKnown) == 0, "unknown bits in the flags of wax_module");
  }
  return pass();
}

Verdict descriptor_sizes(const Run& run) {
  Lab lab(run.subject);
  auto& module = lab.module();
  const auto check = [](const char* what, std::uint32_t size, std::size_t least) {
    expect(size >= least && size <= kLargest,
           "struct_size of " + std::string(what) + " is " + std::to_string(size));
  };
  const auto& engines = module.engine_factory();
  for (std::uint32_t i = 0; i < module.engines().size(); ++i) {
    const wax_engine_desc* desc = engines.describe(module.context(), i);
    check("wax_engine_desc", desc->struct_size, offsetof(wax_engine_desc, events));
    if (desc->ops_count > 0) {
      expect(desc->ops != nullptr, "ops_count without ops");
      check("wax_op", desc->ops[0].struct_size, sizeof(wax_op));
    }
    expect(desc == engines.describe(module.context(), i),
           "describe() gives another descriptor each time; it must be static");
  }
  for (std::uint32_t i = 0; i < module.storages().size(); ++i) {
    check("wax_storage_desc", module.storage_factory().describe(module.context(), i)->struct_size,
          sizeof(wax_storage_desc));
  }
  for (std::uint32_t i = 0; i < module.proxies().size(); ++i) {
    check("wax_proxy_desc", module.proxy_factory().describe(module.context(), i)->struct_size,
          sizeof(wax_proxy_desc));
  }
  return pass();
}

Verdict unknown_factory(const Run& run) {
  Lab lab(run.subject);
  const wax_module module = plugin_host::normalised(map_plugin(run.subject.file)());
  for (const char* id : {"wax.no-such-factory/1", "wax.engine-factory/999", ""}) {
    expect(module.get_factory(lab.module().context(), id) == nullptr,
           "get_factory(\"" + std::string(id) + "\") is not NULL");
  }
  return pass();
}

Verdict unknown_engine(const Run& run) {
  Lab lab(run.subject);
  auto& module = lab.module();
  wax_session_params params{};
  params.struct_size = sizeof params;
  const wax_engine_vtable* table = nullptr;
  wax_engine* engine = nullptr;
  wax_error error{};
  error.struct_size = sizeof error;
  const wax_status status = module.engine_factory().create(module.context(), "NO-SUCH-ENGINE",
                                                           &params, &table, &engine, &error);
  expect(status != WAX_OK, "create() made an engine of an unknown id");
  expect(std::memchr(error.message, '\0', sizeof error.message) != nullptr,
         "the message of wax_error is not terminated");
  return pass();
}

Verdict describes_no_more(const Run& run) {
  Lab lab(run.subject);
  auto& module = lab.module();
  const auto count = static_cast<std::uint32_t>(module.engines().size());
  if (module.engine_factory().describe(module.context(), count) != nullptr) {
    return warn("describe(" + std::to_string(count) + ") is not NULL although count is " +
                std::to_string(count));
  }
  return pass();
}

// WP-18: each extension that an engine may do without is taken away in turn.
Verdict without(const Run& run, const char* extension) {
  Shim::hidden() = {extension};
  Lab lab(run.subject);
  MemoryStore store;
  Actor actor(lab, lab.engine(run.target), store,
              {"default", run.subject.config.empty() ? "{}" : run.subject.config, 1000});
  if (const Status status = actor.create(); !status.is_ok()) {
    return pass("create() says: " + status.message());
  }
  actor.start();
  lab.pass(Millis(5'000));
  actor.stop();
  actor.close();
  return pass();
}

Test without_test(const char* name, const char* extension) {
  return {name, "WP-18", Needs::Engine, 30,
          [extension](const Run& run) { return without(run, extension); }};
}

}  // namespace

std::vector<Test> version_tests() {
  return {{"version.numbers", "WP-3", Needs::Module, 30, numbers},
          {"version.descriptor-sizes", "WP-3", Needs::Module, 30, descriptor_sizes},
          {"version.unknown-factory", "WP-3", Needs::Module, 30, unknown_factory},
          {"version.unknown-engine", "WP-3", Needs::Engine, 30, unknown_engine},
          {"version.describes-no-more", "WP-3", Needs::Engine, 30, describes_no_more},
          without_test("version.without-log", WAX_HOST_LOG),
          without_test("version.without-metrics", WAX_HOST_METRICS),
          without_test("version.without-blob", WAX_HOST_BLOB),
          without_test("version.without-proxy", WAX_HOST_PROXY),
          without_test("version.without-store", WAX_HOST_STORE)};
}

}  // namespace waxwing::plugin_check
