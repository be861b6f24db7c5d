// SPDX-License-Identifier: Apache-2.0
// What is taken from a page, and what is not.
#include "page_binding.hpp"

#include <sodium.h>

#include <utility>

#include <nlohmann/json.hpp>

#include "json_values.hpp"

namespace webjs {
namespace {

constexpr std::size_t kMaxToldBytes = std::size_t{1} << 20U;
constexpr std::uint32_t kMaxToldPerS = 2000;

}  // namespace

std::string random_name() {
  std::string name = "_";
  constexpr std::string_view kDigits = "abcdefghijklmnopqrstuvwxyz012345";
  unsigned char octets[20];
  randombytes_buf(octets, sizeof octets);
  for (const unsigned char octet : octets) {
    name += kDigits[octet % kDigits.size()];
  }
  return name;
}

PageBinding::PageBinding() : name_(random_name()), key_(random_name()) {}

std::string PageBinding::script() const {
  const std::string name = dump(name_);
  return "const raw=window[" + name + "];delete window[" + name + "];const {stringify}=JSON;" +
         "if(window.top!==window||location.origin!==" + dump(kOrigin) + "||!raw)return;" +
         "const tell=(event,data)=>raw(stringify({key:" + dump(key_) + ",event,data}));";
}

void PageBinding::add_context(const Json& context, const std::string& main_frame) {
  const auto aux = context.find("auxData");
  const auto id = context.find("id");
  const bool main = aux != context.end() && aux->is_object() &&
                    text_of(*aux, "frameId") == main_frame && aux->value("isDefault", false) &&
                    text_of(context, "origin") == kOrigin;
  if (main && id != context.end() && id->is_number_integer()) {
    contexts_.insert(id->get<std::int64_t>());
  }
}

void PageBinding::hear(const Json& call, std::int64_t now_ms, const OnTold& told) {
  const auto context = call.find("executionContextId");
  const auto payload = call.find("payload");
  if (text_of(call, "name") != name_ || context == call.end() || !context->is_number_integer() ||
      contexts_.count(context->get<std::int64_t>()) == 0 || payload == call.end() ||
      !payload->is_string() || payload->get_ref<const std::string&>().size() > kMaxToldBytes) {
    return;
  }
  if (now_ms - told_since_ms_ >= 1000) {
    told_since_ms_ = now_ms;
    told_ = 0;
  }
  if (++told_ > kMaxToldPerS) {
    return;
  }
  const Json said = Json::parse(payload->get_ref<const std::string&>(), nullptr, false);
  if (!said.is_object() || text_of(said, "key") != key_) {
    return;
  }
  told(context->get<std::int64_t>(), text_of(said, "event"), member(said, "data"));
}

}  // namespace webjs
