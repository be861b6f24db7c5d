// SPDX-License-Identifier: Apache-2.0
// Runs each test in a process of its own: a crash or a hang is a failed test, no more.
#pragma once

#include <string>
#include <vector>

#include "check.hpp"

namespace waxwing::plugin_check {

struct Selection {
  std::string only;  // regular expressions on names; empty = all, none
  std::string skip;
};

struct Finding {
  std::string name;  // with the target where there is more than one: "calls.cancel[ECHO]"
  std::string rule;
  Verdict verdict;
  std::string output;  // the last lines the child wrote, when it failed
  double seconds = 0;
};

// Loads the file in a child and fills in what it offers. Does not fail: a refusal is what the group
// `load` reports.
void look_at(Subject& subject);

// The names that would run. Code::Invalid for a bad regular expression.
[[nodiscard]] Result<std::vector<std::string>> select_names(const Selection& selection);

// In order; `done` is called after each.
[[nodiscard]] Result<std::vector<Finding>> run_tests(
    const Subject& subject, const Selection& selection,
    const std::function<void(const Finding&)>& done);

}  // namespace waxwing::plugin_check
