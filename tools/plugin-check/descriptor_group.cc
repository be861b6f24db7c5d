// SPDX-License-Identifier: Apache-2.0
// Group descriptor: names, versions, schemas and flags that the module states.
#include <regex>
#include <set>

#include "base/json.hpp"
#include "base/json_schema.hpp"
#include "lab.hpp"
#include "requests.hpp"

namespace waxwing::plugin_check {
namespace {

void expect_semver(const std::string& version, const std::string& of) {
  static const std::regex kSemVer(R"(\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?)");
  expect(std::regex_match(version, kSemVer),
         "the version of " + of + " is '" + version + "', no semantic version such as 1.0.0");
}

void expect_utf8(const std::string& text, const std::string& what) {
  // dump() replaces what is no UTF-8; a text that survives was clean.
  const auto back = json::parse(json::dump(text));
  expect(back.has_value() && back->get<std::string>() == text, what + " is not UTF-8");
}

void expect_schema(const std::string& text, const std::string& what) {
  if (text.empty()) {
    return;
  }
  const auto parsed = json::parse(text);
  expect_ok(parsed ? Status::ok() : parsed.error(), what + " is no JSON");
  const auto compiled = JsonSchema::compile(*parsed);
  expect_ok(compiled ? Status::ok() : compiled.error(), what + " is no JSON Schema");
}

Verdict module_texts(const Run& run) {
  Lab lab(run.subject);
  const auto& module = lab.module();
  expect_semver(module.version(), "the module");
  expect(!module.name().empty(), "the module has no name");
  for (const std::string* text :
       {&module.id(), &module.name(), &module.version(), &module.vendor(), &module.license()}) {
    expect_utf8(*text, "a text of the module");
  }
  return module.license().empty() ? warn("no license is stated (an SPDX id such as Apache-2.0)")
                                  : pass();
}

Verdict schemas(const Run& run) {
  Lab lab(run.subject);
  const auto& module = lab.module();
  for (const auto& engine : module.engines()) {
    expect_semver(engine.version, "engine " + engine.id);
    expect_schema(engine.config_schema, "the config_schema of engine " + engine.id);
    for (const auto& op : engine.ops) {
      expect_schema(op.request_schema, "the request schema of " + op.name);
      expect_schema(op.response_schema, "the response schema of " + op.name);
    }
  }
  for (const auto* list : {&module.storages(), &module.proxies()}) {
    for (const auto& backend : *list) {
      expect_semver(backend.version, backend.id);
      expect_schema(backend.config_schema, "the config_schema of " + backend.id);
    }
  }
  return pass();
}

Verdict operations(const Run& run) {
  static const std::regex kName(R"([a-z][A-Za-z0-9]*(\.[a-z][A-Za-z0-9]*)+)");
  static const std::regex kVendor(R"(x-[a-z0-9-]+(\.[a-zA-Z0-9-]+)+)");
  constexpr std::uint32_t kKnown = WAX_OP_IDEMPOTENT | WAX_OP_READ_ONLY | WAX_OP_ANY_STATE |
                                   WAX_OP_UPLOADS | WAX_OP_DOWNLOADS | WAX_OP_SLOW |
                                   WAX_OP_EXPERIMENTAL;
  Lab lab(run.subject);
  std::set<std::string> seen;
  std::string unknown;
  for (const auto& op : lab.engine(run.target).ops) {
    const bool vendor = op.name.starts_with("x-");
    expect(std::regex_match(op.name, vendor ? kVendor : kName),
           "operation '" + op.name + "': names are domain.verbNoun or x-<vendor>.…");
    expect(seen.insert(op.name).second, "operation " + op.name + " is listed twice");
    expect(op.revision >= 1, "operation " + op.name + " has revision 0; they start at 1");
    expect((op.flags & ~kKnown) == 0, "operation " + op.name + " has unknown flags");
    if (!vendor && !is_standard(run.subject.schemas, op.name)) {
      unknown += (unknown.empty() ? "" : ", ") + op.name;
    }
  }
  if (!unknown.empty() && !run.subject.schemas.empty()) {
    return warn("no standard operation: " + unknown + "; own ones are called x-<vendor>.…");
  }
  return pass(std::to_string(seen.size()) + " operations");
}

Verdict events(const Run& run) {
  static const std::regex kName(R"([a-z0-9_-]+(\.[a-z0-9_-]+)*)");
  Lab lab(run.subject);
  std::set<std::string> seen;
  for (const std::string& event : lab.engine(run.target).events) {
    expect(std::regex_match(event, kName), "'" + event + "' is no name of an event");
    expect(seen.insert(event).second, "the event " + event + " is listed twice");
    expect(event != "session.status", "session.status is the host's event");
  }
  return pass();
}

}  // namespace

std::vector<Test> descriptor_tests() {
  return {{"descriptor.module", "B2", Needs::Module, 30, module_texts},
          {"descriptor.schemas", "B13", Needs::Module, 30, schemas},
          {"descriptor.operations", "B9", Needs::Engine, 30, operations},
          {"descriptor.events", "B8", Needs::Engine, 30, events}};
}

}  // namespace waxwing::plugin_check
