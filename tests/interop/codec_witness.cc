// SPDX-License-Identifier: Apache-2.0
// Reads frames and shows what our codec makes of them: one line "<version> <hex>" in, one JSON line
// out.
#include <cstdio>
#include <iostream>
#include <string>

#include <nlohmann/json.hpp>

#include "multidevice/binary/codec.hpp"

namespace {

using namespace waxwing::multidevice;
using nlohmann::json;

// The form that the JavaScript clients give a node.
json to_json(const Node& node) {
  json out{{"tag", node.tag()}, {"attrs", json::object()}};
  for (const Attribute& attribute : node.attributes()) {
    const auto* jid = std::get_if<Jid>(&attribute.value);
    out["attrs"][attribute.name] =
        jid != nullptr ? jid->to_string() : std::get<std::string>(attribute.value);
  }
  if (const auto* octets = std::get_if<Bytes>(&node.content())) {
    out["content"] = {{"hex", to_hex(*octets)}};
  } else if (const auto* text = std::get_if<std::string>(&node.content())) {
    out["content"] = *text;
  } else if (!std::holds_alternative<std::monostate>(node.content())) {
    out["content"] = json::array();
    for (const Node& child : node.children()) {
      out["content"].push_back(to_json(child));
    }
  }
  return out;
}

json witness(const std::string& line) {
  const std::optional<Bytes> frame = from_hex(std::string_view(line).substr(2));
  if (!frame) {
    return {{"error", "not hexadecimal"}};
  }
  const auto version = line[0] == '2' ? DictionaryVersion::V2 : DictionaryVersion::V3;
  const Result<Node> node = decode(*frame, version);
  if (!node) {
    return {{"error", node.error().message()}};
  }
  const Result<Bytes> written = encode(*node, version);
  if (!written) {
    return {{"error", written.error().message()}};
  }
  return {{"node", to_json(*node)}, {"hex", to_hex(*written)}};
}

}  // namespace

int main() {
  for (std::string line; std::getline(std::cin, line);) {
    if (line.size() < 2) {
      std::fputs("usage: lines of <version> <hex>\n", stderr);
      return 2;
    }
    std::cout << witness(line).dump() << '\n';
  }
  return 0;
}
