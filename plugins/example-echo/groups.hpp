// SPDX-License-Identifier: Apache-2.0
// Groups of the pretended account: in memory, until the session ends.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "messages.hpp"

namespace echo {

class Groups {
 public:
  // Answers "groups.…", one of EchoEngine::kOps. Throws waxwing::plugin::Error.
  [[nodiscard]] std::string invoke(std::string_view operation, std::string_view json,
                                   const Account& me);

 private:
  using Json = nlohmann::json;
  struct Group {
    std::string subject;
    std::string description;
    std::map<std::string, std::string> roles;  // by chat id
  };

  [[nodiscard]] Json create(const Json& request, const Account& me);
  [[nodiscard]] Json list(const Json& request) const;
  // Adds, removes or gives a role; what became of each.
  [[nodiscard]] static Json change(Group& group, const Json& request, std::string_view operation);
  [[nodiscard]] static Json shown(const std::string& id, const Group& group);

  std::map<std::string, Group> groups_;  // by id
};

}  // namespace echo
