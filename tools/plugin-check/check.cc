// SPDX-License-Identifier: Apache-2.0
// The list of all tests, and the ways out of one.
#include "check.hpp"

#include <iterator>
#include <utility>

namespace waxwing::plugin_check {

void fail(std::string why) {
  throw Stop{{Outcome::Fail, std::move(why)}};
}

void skip(std::string why) {
  throw Stop{{Outcome::Skip, std::move(why)}};
}

void expect(bool holds, const std::string& why) {
  if (!holds) {
    fail(why);
  }
}

void expect_ok(const Status& status, const std::string& doing) {
  if (!status.is_ok()) {
    fail(doing + ": " + std::string(to_string(status.code())) + ", " + status.message());
  }
}

std::vector<Test> all_tests() {
  std::vector<Test> all;
  for (const auto& group : {file_tests, load_tests, version_tests, descriptor_tests, probe_tests,
                            life_cycle_tests, call_tests, fault_tests, thread_tests, memory_tests,
                            storage_tests, storage_crash_tests, proxy_tests}) {
    std::vector<Test> tests = group();
    all.insert(all.end(), std::make_move_iterator(tests.begin()),
               std::make_move_iterator(tests.end()));
  }
  return all;
}

}  // namespace waxwing::plugin_check
