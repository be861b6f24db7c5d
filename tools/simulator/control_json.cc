// SPDX-License-Identifier: Apache-2.0
// JSON of accounts, faults and violations.
#include "control_json.hpp"

#include <array>
#include <utility>

#include <nlohmann/json.hpp>

#include "connection.hpp"
#include "multidevice/content/reading.hpp"
#include "multidevice/content/wire_json.hpp"

namespace waxwing::simulator {
namespace {

using nlohmann::json;

constexpr std::pair<const char*, bool Faults::*> kSwitches[] = {
    {"outage", &Faults::outage},
    {"wrong_hmac", &Faults::wrong_hmac},
    {"wrong_account_signature", &Faults::wrong_account_signature},
    {"hosted_prefix", &Faults::hosted_prefix},
    {"split_frames", &Faults::split_frames},
    {"merge_frames", &Faults::merge_frames},
    {"compress_nodes", &Faults::compress_nodes},
    {"ignore_pings", &Faults::ignore_pings},
    {"demand_passkey", &Faults::demand_passkey},
    {"no_restart", &Faults::no_restart},
    {"demand_tokens", &Faults::demand_tokens},
    {"damage_messages", &Faults::damage_messages},
    {"withhold_messages", &Faults::withhold_messages},
};

constexpr std::pair<const char*, std::uint32_t Faults::*> kNumbers[] = {
    {"delay_ms", &Faults::delay_ms},
    {"hold_after", &Faults::hold_after},
    {"http_status", &Faults::http_status},
    {"message_error", &Faults::message_error},
    {"message_errors", &Faults::message_errors},
    {"minimum_version", &Faults::minimum_version},
};

constexpr std::pair<const char*, BadCertificate> kCertificates[] = {
    {"none", BadCertificate::None},
    {"wrong_root", BadCertificate::WrongRoot},
    {"wrong_signature", BadCertificate::WrongSignature},
    {"wrong_key", BadCertificate::WrongKey},
    {"intermediate_issuer", BadCertificate::IntermediateIssuer},
    {"leaf_issuer", BadCertificate::LeafIssuer},
    {"expired", BadCertificate::Expired},
    {"not_yet_valid", BadCertificate::NotYetValid},
    {"no_validity", BadCertificate::NoValidity},
};

bool read_number(const json& value, std::uint32_t& out) {
  if (!value.is_number_integer()) {
    return false;
  }
  const auto number = value.get<std::int64_t>();
  if (number < 0 || number > std::int64_t{UINT32_MAX}) {
    return false;
  }
  out = static_cast<std::uint32_t>(number);
  return true;
}

std::string read_failure(const json& value, Faults& out) {
  LoginFailure failure;
  if (!value.is_object() || !value.contains("reason") ||
      !read_number(value["reason"], failure.reason)) {
    return "login_failure: an object with a number as reason";
  }
  std::uint32_t number = 0;
  if (value.contains("code") && read_number(value["code"], number)) {
    failure.code = number;
  }
  if (value.contains("expire_s") && read_number(value["expire_s"], number)) {
    failure.expire_s = number;
  }
  out.login_failure = failure;
  return {};
}

std::string read_fault(const std::string& name, const json& value, Faults& out) {
  for (const auto& [known, member] : kSwitches) {
    if (name == known) {
      if (!value.is_boolean()) {
        return name + ": true or false";
      }
      out.*member = value.get<bool>();
      return {};
    }
  }
  for (const auto& [known, member] : kNumbers) {
    if (name == known) {
      return read_number(value, out.*member) ? "" : name + ": a number";
    }
  }
  if (name == "login_failure") {
    return value.is_null() ? "" : read_failure(value, out);
  }
  if (name == "certificate") {
    for (const auto& [known, fault] : kCertificates) {
      if (value == known) {
        out.certificate = fault;
        return {};
      }
    }
    return "certificate: unknown kind";
  }
  return name + ": there is no such fault";
}

}  // namespace

json to_json(const Account& account) {
  json devices = json::array();
  for (const auto& [number, device] : account.devices) {
    devices.push_back({{"number", number},
                       {"jid", account.phone_jid(number).to_string()},
                       {"connected", !device.connection.expired()},
                       {"prekeys", device.prekeys.size()},
                       {"waiting", device.waiting.size()}});
  }
  return {{"phone", account.phone},
          {"lid", account.lid},
          {"name", account.name},
          {"devices", std::move(devices)}};
}

json to_json(const Party& phone) {
  json letters = json::array();
  for (const Letter& letter : phone.letters()) {
    const auto message = md::content::decode(letter.message, md::content::Dialect::Plain);
    const json content = message ? *message : json::object();
    const json* text = md::content::body(md::content::unwrap(content));
    letters.push_back({{"id", letter.id},
                       {"chat", letter.chat.to_string()},
                       {"from", letter.author.to_string()},
                       {"from_me", letter.from_me},
                       {"text", text == nullptr ? json() : *text},
                       {"message", content}});
  }
  return {{"awake", phone.awake()},
          {"unreadable", phone.unreadable()},
          {"messages", std::move(letters)}};
}

md::Bytes message_of(const json& body) {
  if (const json message = body.value("message", json()); message.is_object()) {
    return md::content::encode(message);
  }
  return md::content::encode({{"conversation", body.value("text", json(""))}});
}

json to_json(const Group& group) {
  json members = json::array();
  for (const Member& member : group.members) {
    members.push_back(
        {{"phone", member.account->phone}, {"admin", member.role != Member::Role::Member}});
  }
  return {{"jid", group.jid().to_string()},
          {"subject", group.subject},
          {"description", group.description},
          {"mode", group.by_lid ? "lid" : "pn"},
          {"members", std::move(members)}};
}

json to_json(const Faults& faults) {
  json out = json::object();
  for (const auto& [name, member] : kSwitches) {
    out[name] = faults.*member;
  }
  for (const auto& [name, member] : kNumbers) {
    out[name] = faults.*member;
  }
  for (const auto& [name, fault] : kCertificates) {
    if (faults.certificate == fault) {
      out["certificate"] = name;
    }
  }
  out["login_failure"] = nullptr;
  if (faults.login_failure) {
    json& failure = out["login_failure"] = {{"reason", faults.login_failure->reason}};
    if (faults.login_failure->code) {
      failure["code"] = *faults.login_failure->code;
    }
    if (faults.login_failure->expire_s) {
      failure["expire_s"] = *faults.login_failure->expire_s;
    }
  }
  return out;
}

json to_json(const Violations& violations) {
  json latest = json::array();
  for (const Violations::Entry& entry : violations.latest()) {
    latest.push_back({{"rule", entry.rule}, {"detail", entry.detail}});
  }
  return {{"total", violations.total()},
          {"counts", violations.counts()},
          {"latest", std::move(latest)}};
}

std::string read_faults(const json& body, Faults& out) {
  for (const auto& [name, value] : body.items()) {
    if (std::string problem = read_fault(name, value, out); !problem.empty()) {
      return problem;
    }
  }
  if (out.http_status != 0 && (out.http_status < 400 || out.http_status > 599)) {
    return "http_status: 400 to 599";
  }
  return {};
}

}  // namespace waxwing::simulator
