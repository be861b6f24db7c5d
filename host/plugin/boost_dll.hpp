// SPDX-License-Identifier: Apache-2.0
// The only include of Boost.DLL; its std::filesystem mode needs <string> and <vector> before it.
#pragma once

#include <string>
#include <vector>

#define BOOST_DLL_USE_STD_FS
#include <boost/dll/shared_library.hpp>
