// SPDX-License-Identifier: Apache-2.0
// What a test of a plugin is, what it is told, and how it says what it found.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace waxwing::plugin_check {

enum class Outcome : std::uint8_t { Pass, Warn, Fail, Skip };

// `text` is one line: why it failed or was skipped, or what a passing test has to tell.
struct Verdict {
  Outcome outcome = Outcome::Pass;
  std::string text;
};

// What is checked, and with what.
struct Subject {
  std::string file;         // the plugin, an absolute path
  std::string schemas;      // folder of the operations' schemas; empty = none found
  std::string config;       // of the engine, storage or proxy; empty = made from its schema
  std::uint64_t seed = 1;   // of everything random
  bool in_process = false;  // no child processes: for debuggers

  // What the file offers, once it could be loaded.
  bool loads = false;
  std::string refusal;
  std::vector<std::string> engines;
  std::vector<std::string> storages;
  std::vector<std::string> proxies;
};

enum class Needs : std::uint8_t {
  File,  // runs whatever the file is
  Module,
  Engine,  // once for each engine, and so on
  Storage,
  Proxy,
};

// One run of a test.
struct Run {
  const Subject& subject;
  std::string target;  // id of the engine, storage or proxy
  std::string tmp;     // an empty directory of its own
};

struct Test {
  const char* name;  // "calls.unknown-operation"
  const char* rule;  // "WP-16", or the part of the ABI that says so
  Needs needs;
  int limit_s;
  std::function<Verdict(const Run&)> body;
};

// Leave the test with that outcome.
struct Stop {
  Verdict verdict;
};
[[noreturn]] void fail(std::string why);
[[noreturn]] void skip(std::string why);
// Fails unless `holds`.
void expect(bool holds, const std::string& why);
void expect_ok(const Status& status, const std::string& doing);
[[nodiscard]] inline Verdict pass(std::string note = {}) {
  return {Outcome::Pass, std::move(note)};
}
[[nodiscard]] inline Verdict warn(std::string why) {
  return {Outcome::Warn, std::move(why)};
}

// One function per group, each in a file of its own.
std::vector<Test> file_tests();
std::vector<Test> load_tests();
std::vector<Test> version_tests();
std::vector<Test> descriptor_tests();
std::vector<Test> probe_tests();
std::vector<Test> life_cycle_tests();
std::vector<Test> call_tests();
std::vector<Test> fault_tests();
std::vector<Test> thread_tests();
std::vector<Test> memory_tests();
std::vector<Test> storage_tests();
std::vector<Test> storage_crash_tests();
std::vector<Test> proxy_tests();

[[nodiscard]] std::vector<Test> all_tests();

}  // namespace waxwing::plugin_check
