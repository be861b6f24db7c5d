// SPDX-License-Identifier: Apache-2.0
// Answers that many parts of the server give.
#pragma once

#include <cstdint>
#include <string_view>

#include "multidevice/binary/node.hpp"

namespace waxwing::simulator {

namespace md = multidevice;

// <iq type="result" from=… id=…/>, from whomever the query was sent to.
[[nodiscard]] md::Node result_of(const md::Node& iq);
[[nodiscard]] md::Node error_of(const md::Node& iq, std::uint32_t code, std::string_view text);
// "2:" and 8 characters: what a list of devices hashes to.
[[nodiscard]] std::string device_list_hash(const std::vector<md::Jid>& devices);

}  // namespace waxwing::simulator
