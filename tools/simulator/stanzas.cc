// SPDX-License-Identifier: Apache-2.0
// Common answers.
#include "stanzas.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "multidevice/crypto/hash.hpp"

namespace waxwing::simulator {
namespace {

md::Node answer(const md::Node& iq, std::string_view type) {
  return md::Node("iq")
      .set("from", iq.jid("to").value_or(md::server_jid()))
      .set("type", type)
      .set("id", iq.text("id"));
}

}  // namespace

md::Node result_of(const md::Node& iq) {
  return answer(iq, "result");
}

md::Node error_of(const md::Node& iq, std::uint32_t code, std::string_view text) {
  return answer(iq, "error")
      .add(md::Node("error").set("code", std::uint64_t{code}).set("text", text));
}

std::string device_list_hash(const std::vector<md::Jid>& devices) {
  std::vector<std::string> texts;
  texts.reserve(devices.size());
  for (const md::Jid& device : devices) {
    texts.push_back(device.to_device_string());
  }
  std::sort(texts.begin(), texts.end());
  std::string all;
  for (const std::string& text : texts) {
    all += text;
  }
  const md::Sha256 hash = md::sha256(md::as_bytes(all));
  return "2:" + md::to_base64(md::ByteView(hash).first(6));
}

}  // namespace waxwing::simulator
