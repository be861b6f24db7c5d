// SPDX-License-Identifier: Apache-2.0
// Operations on groups of the echo engine.
#include "groups.hpp"

#include <algorithm>
#include <vector>

#include <nlohmann/json.hpp>

#include <waxwing/plugin.hpp>

#include "pairing.hpp"

namespace echo {
namespace {

namespace wp = waxwing::plugin;
using Json = nlohmann::json;

constexpr int kDone = 200;
constexpr int kNotAMember = 404;
constexpr int kMemberAlready = 409;

std::string text_of(const Json& request, const char* key) {
  const auto it = request.find(key);
  if (it == request.end() || !it->is_string()) {
    throw wp::Error(WAX_E_INVALID, std::string(key) + " must be a string");
  }
  return it->get<std::string>();
}

std::vector<std::string> people_of(const Json& request) {
  const auto it = request.find("participants");
  if (it == request.end() || !it->is_array()) {
    throw wp::Error(WAX_E_INVALID, "participants must be a list");
  }
  std::vector<std::string> people;
  for (const Json& person : *it) {
    if (!person.is_object()) {
      throw wp::Error(WAX_E_INVALID, "participants must be a list of objects with an id");
    }
    people.push_back(parse_chat(Json{{"chatId", text_of(person, "id")}}.dump()));
  }
  return people;
}

}  // namespace

std::string Groups::invoke(std::string_view operation, std::string_view json, const Account& me) {
  const Json request = Json::parse(json, nullptr, false);
  if (!request.is_object()) {
    throw wp::Error(WAX_E_INVALID, "the request must be a JSON object");
  }
  const Json done = {{"result", true}};
  if (operation == "groups.create") {
    return create(request, me).dump();
  }
  if (operation == "groups.list") {
    return list(request).dump();
  }
  if (operation == "groups.count") {
    return Json{{"count", groups_.size()}}.dump();
  }
  if (operation == "groups.refresh") {
    return done.dump();
  }
  const auto found = groups_.find(text_of(request, "id"));
  if (found == groups_.end()) {
    throw wp::Error(WAX_E_NOT_FOUND, "id: there is no such group");
  }
  auto& [id, group] = *found;
  if (operation == "groups.get") {
    return shown(id, group).dump();
  }
  if (operation == "groups.participants" || operation == "groups.participantsV2") {
    return shown(id, group).at("participants").dump();
  }
  if (operation == "groups.leave") {
    groups_.erase(found);
    return done.dump();
  }
  if (operation == "groups.setSubject") {
    group.subject = text_of(request, "subject");
    return done.dump();
  }
  if (operation == "groups.setDescription") {
    group.description = text_of(request, "description");
    return done.dump();
  }
  return change(group, request, operation).dump();
}

Json Groups::create(const Json& request, const Account& me) {
  Group group;
  group.subject = text_of(request, "name");
  group.roles[me.id] = "superadmin";
  for (const std::string& person : people_of(request)) {
    group.roles.try_emplace(person, "participant");
  }
  const std::string id =
      "120363" + std::to_string(100'000'000'000 + stable_hash(random_hex(8)) % 900'000'000'000) +
      "@g.us";
  return shown(id, groups_[id] = std::move(group));
}

Json Groups::list(const Json& request) const {
  std::vector<Json> all;
  for (const auto& [id, group] : groups_) {
    all.push_back(shown(id, group));
  }
  if (request.value("sortBy", Json()) == "subject") {
    std::stable_sort(all.begin(), all.end(), [](const Json& a, const Json& b) {
      return a.at("subject") < b.at("subject");
    });
  }
  if (request.value("sortOrder", Json()) == "desc") {
    std::reverse(all.begin(), all.end());
  }
  const auto number = [&](const char* key, std::size_t otherwise) {
    const Json value = request.value(key, Json());
    return value.is_number_unsigned() ? value.get<std::size_t>() : otherwise;
  };
  const Json excluded = request.value("exclude", Json());  // a list, or anything else for none
  const bool bare =
      std::find(excluded.begin(), excluded.end(), Json("participants")) != excluded.end();
  Json out = Json::array();
  const std::size_t limit = number("limit", all.size());
  for (std::size_t i = number("offset", 0); i < all.size() && out.size() < limit; ++i) {
    if (bare) {
      all[i].erase("participants");
    }
    out.push_back(std::move(all[i]));
  }
  return out;
}

Json Groups::change(Group& group, const Json& request, std::string_view operation) {
  Json out = Json::array();
  for (const std::string& person : people_of(request)) {
    const auto member = group.roles.find(person);
    int status = kDone;
    if (operation == "groups.addParticipants") {
      status = group.roles.try_emplace(person, "participant").second ? kDone : kMemberAlready;
    } else if (member == group.roles.end()) {
      status = kNotAMember;
    } else if (operation == "groups.removeParticipants") {
      group.roles.erase(member);
    } else {
      member->second = operation == "groups.promote" ? "admin" : "participant";
    }
    out.push_back({{"id", person}, {"status", status}});
  }
  return out;
}

Json Groups::shown(const std::string& id, const Group& group) {
  Json people = Json::array();
  for (const auto& [person, role] : group.roles) {
    people.push_back({{"id", person}, {"pn", person}, {"role", role}});
  }
  return {{"id", id},
          {"subject", group.subject},
          {"description", group.description},
          {"participants", std::move(people)}};
}

}  // namespace echo
