// SPDX-License-Identifier: Apache-2.0
// Operations of groups.
#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "multidevice/engine/messaging.hpp"

namespace waxwing::multidevice {

using plugin::Error;

namespace {

constexpr std::string_view kDone = R"({"result":true})";

// Answers a request that has no other answer than that it was done.
auto answer_done(std::shared_ptr<plugin::Call> call) {
  return [call = std::move(call)](const Answer<bool>& answer) {
    if (answer.ok()) {
      call->ok(kDone);
    } else {
      fail(*call, *answer.refusal);
    }
  };
}

std::size_t number_or(const nlohmann::json& arguments, const char* key, std::size_t fallback) {
  const auto it = arguments.find(key);
  return it != arguments.end() && it->is_number_unsigned() ? it->get<std::size_t>() : fallback;
}

}  // namespace

void Messaging::create_group(const Json& arguments, SharedCall call) {
  const std::string name = arguments::text(arguments, "name");
  if (name.empty()) {
    throw Error(WAX_E_INVALID, "name should not be empty");
  }
  messenger_->create_group(name, arguments::people(arguments),
                           [this, call](const Answer<GroupInfo>& answer) {
                             if (answer.ok()) {
                               call->ok(content::dump(payloads_.engine_group(answer.value)));
                             } else {
                               fail(*call, *answer.refusal);
                             }
                           });
}

void Messaging::list_groups(const Json& arguments, SharedCall call) {
  messenger_->groups([this, arguments, call](const Answer<std::vector<GroupInfo>>& answer) {
    if (!answer.ok()) {
      fail(*call, *answer.refusal);
      return;
    }
    std::vector<const GroupInfo*> groups;
    for (const GroupInfo& group : answer.value) {
      groups.push_back(&group);
    }
    const bool by_subject = arguments::text(arguments, "sortBy") == "subject";
    std::sort(groups.begin(), groups.end(), [&](const GroupInfo* a, const GroupInfo* b) {
      return by_subject && a->subject != b->subject ? a->subject < b->subject : a->jid < b->jid;
    });
    if (arguments::text(arguments, "sortOrder") == "desc") {
      std::reverse(groups.begin(), groups.end());
    }
    const std::size_t begin = std::min(number_or(arguments, "offset", 0), groups.size());
    const std::size_t end =
        begin + std::min(number_or(arguments, "limit", groups.size()), groups.size() - begin);
    const auto exclude = arguments.find("exclude");
    const bool bare = exclude != arguments.end() && exclude->is_array() &&
                      std::find(exclude->begin(), exclude->end(), "participants") != exclude->end();
    Json out = Json::array();
    for (std::size_t i = begin; i < end; ++i) {
      Json group = payloads_.engine_group(*groups[i]);
      if (bare) {
        group.erase("participants");
        group.erase("Participants");
      }
      out.push_back(std::move(group));
    }
    call->ok(content::dump(out));
  });
}

void Messaging::count_groups(const Json&, SharedCall call) {
  messenger_->groups([call](const Answer<std::vector<GroupInfo>>& answer) {
    if (answer.ok()) {
      call->ok(Json{{"count", answer.value.size()}}.dump());
    } else {
      fail(*call, *answer.refusal);
    }
  });
}

void Messaging::refresh_groups(const Json&, SharedCall call) {
  messenger_->groups([call](const Answer<std::vector<GroupInfo>>& answer) {
    if (answer.ok()) {
      call->ok(kDone);
    } else {
      fail(*call, *answer.refusal);
    }
  });
}

void Messaging::get_group(const Json& arguments, SharedCall call) {
  messenger_->group(arguments::group(arguments), true,
                    [this, call](const Answer<GroupInfo>& answer) {
                      if (answer.ok()) {
                        call->ok(content::dump(payloads_.engine_group(answer.value)));
                      } else {
                        fail(*call, *answer.refusal);
                      }
                    });
}

void Messaging::participants(const Json& arguments, SharedCall call) {
  messenger_->group(arguments::group(arguments), false,
                    [this, call](const Answer<GroupInfo>& answer) {
                      if (answer.ok()) {
                        call->ok(content::dump(payloads_.engine_participants(answer.value)));
                      } else {
                        fail(*call, *answer.refusal);
                      }
                    });
}

void Messaging::participants_v2(const Json& arguments, SharedCall call) {
  messenger_->group(arguments::group(arguments), false,
                    [this, call](const Answer<GroupInfo>& answer) {
                      if (answer.ok()) {
                        call->ok(content::dump(payloads_.group(answer.value).at("participants")));
                      } else {
                        fail(*call, *answer.refusal);
                      }
                    });
}

void Messaging::leave_group(const Json& arguments, SharedCall call) {
  messenger_->leave_group(arguments::group(arguments), answer_done(std::move(call)));
}

void Messaging::set_subject(const Json& arguments, SharedCall call) {
  const std::string subject = arguments::text(arguments, "subject");
  if (subject.empty()) {
    throw Error(WAX_E_INVALID, "subject should not be empty");
  }
  messenger_->set_group_subject(arguments::group(arguments), subject, answer_done(std::move(call)));
}

void Messaging::set_description(const Json& arguments, SharedCall call) {
  messenger_->set_group_description(arguments::group(arguments),
                                    arguments::text(arguments, "description"),
                                    answer_done(std::move(call)));
}

template <Messenger::Change kChange>
void Messaging::change_participants(const Json& arguments, SharedCall call) {
  messenger_->change_participants(arguments::group(arguments), kChange,
                                  arguments::people(arguments),
                                  [call](const Answer<std::vector<Participant>>& answer) {
                                    if (!answer.ok()) {
                                      fail(*call, *answer.refusal);
                                      return;
                                    }
                                    Json out = Json::array();
                                    for (const Participant& who : answer.value) {
                                      Json item = content::Payloads::participant(who, false);
                                      item.erase("role");
                                      item["status"] = who.error == 0 ? 200 : who.error;
                                      out.push_back(std::move(item));
                                    }
                                    call->ok(content::dump(out));
                                  });
}

template void Messaging::change_participants<Messenger::Change::Add>(const Json&, SharedCall);
template void Messaging::change_participants<Messenger::Change::Remove>(const Json&, SharedCall);
template void Messaging::change_participants<Messenger::Change::Promote>(const Json&, SharedCall);
template void Messaging::change_participants<Messenger::Change::Demote>(const Json&, SharedCall);

}  // namespace waxwing::multidevice
