// SPDX-License-Identifier: Apache-2.0
// Findings as text, JSON and JUnit XML.
#pragma once

#include <string>
#include <vector>

#include "runner.hpp"

namespace waxwing::plugin_check {

// "FAIL  calls.unknown-operation [WP-16]: …", with the child's last words behind a failure.
[[nodiscard]] std::string to_line(const Finding& finding);
// "31 passed, 0 warned, 0 failed, 4 skipped"
[[nodiscard]] std::string summary(const std::vector<Finding>& findings);
[[nodiscard]] std::string to_json(const std::string& file, const std::vector<Finding>& findings);
[[nodiscard]] std::string to_junit(const std::string& file, const std::vector<Finding>& findings);
// With `strict` a warning counts.
[[nodiscard]] bool failed(const std::vector<Finding>& findings, bool strict);

}  // namespace waxwing::plugin_check
