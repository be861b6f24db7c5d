// SPDX-License-Identifier: Apache-2.0
// Starter projects for plugin authors, made from templates.
#pragma once

#include <string>

#include "base/result.hpp"

namespace waxwing::plugin_check {

// Writes the project of an engine called `name` ("my-engine") into `dir`, which must not exist or
// be empty. `templates` is the folder of the *.in files.
Status write_engine_project(const std::string& name, const std::string& dir,
                            const std::string& templates);

}  // namespace waxwing::plugin_check
