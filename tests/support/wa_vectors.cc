// SPDX-License-Identifier: Apache-2.0
// Reads the vectors once per process.
#include "support/wa_vectors.hpp"

#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

namespace waxwing::testing {

Value wa_vector(std::string_view path) {
  static const Value kAll = [] {
    std::ifstream file(WAX_WA_VECTORS);
    std::stringstream text;
    text << file.rdbuf();
    return Value::parse(text.str());
  }();
  const Value value = kAll.at(path);
  EXPECT_TRUE(value.exists()) << "no vector " << path;
  return value;
}

multidevice::Bytes wa_octets(std::string_view path) {
  const auto octets = multidevice::from_hex(wa_vector(path).text());
  EXPECT_TRUE(octets.has_value()) << "not hexadecimal: " << path;
  return octets.value_or(multidevice::Bytes());
}

}  // namespace waxwing::testing
