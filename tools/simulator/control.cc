// SPDX-License-Identifier: Apache-2.0
// Finds the operation of a request; its own are those on browsers and the whole.
#include "control.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "control_call.hpp"
#include "control_json.hpp"
#include "openapi.hpp"
#include "server.hpp"
#include "web.hpp"

namespace waxwing::simulator {
namespace {

using nlohmann::json;

void list_browsers(const Call& call) {
  call.answer(call.web.to_json());
}

void tell_browser(const Call& call) {
  const auto client = call.number(0);
  if (!client || !call.web.push(*client, call.body)) {
    return call.fail(404, "there is no such browser");
  }
  call.answer(json::object());
}

void set_page_options(const Call& call) {
  call.web.set_options(call.body.dump());
  call.answer(call.body);
}

void show_state(const Call& call) {
  const Server::Counts counts = call.server.counts();
  call.answer({{"root_key", md::to_hex(call.server.certificates().root())},
               {"connections", counts.connections},
               {"open", counts.open},
               {"logins", counts.logins},
               {"stanzas_in", counts.stanzas_in},
               {"stanzas_out", counts.stanzas_out},
               {"messages", call.server.router().messages()},
               {"held", call.server.holds()},
               {"other_encodings", counts.other_encodings},
               {"violations", call.server.violations().total()}});
}

void show_openapi(const Call& call) {
  call.reply({200, "application/json", std::string(kOpenApi)});
}

// Phones to click at, and every operation as a line.
void show_page(const Call& call) {
  call.reply({200, "text/html; charset=utf-8", std::string(kPage)});
}

constexpr Operation kOwnOperations[] = {
    {"GET", "/", show_page},
    {"GET", "/openapi.json", show_openapi},
    {"GET", "/state", show_state},
    {"GET", "/browsers", list_browsers},
    {"POST", "/browsers/{}/events", tell_browser},
    {"PUT", "/browsers/options", set_page_options},
};

bool take_part(std::string_view& text, std::string_view& part) {
  if (!text.starts_with('/')) {
    return false;
  }
  text.remove_prefix(1);
  const std::size_t end = std::min(text.find('/'), text.size());
  part = text.substr(0, end);
  text.remove_prefix(end);
  return true;
}

bool fits(std::string_view pattern, std::string_view path, std::vector<std::string>& parts) {
  parts.clear();
  std::string_view wanted;
  std::string_view given;
  while (!pattern.empty() && !path.empty()) {
    if (!take_part(pattern, wanted) || !take_part(path, given)) {
      return false;
    }
    if (wanted == "{}" && !given.empty()) {
      parts.emplace_back(given);
    } else if (wanted != given) {
      return false;
    }
  }
  return pattern.empty() && path.empty();
}

// Null when there is none; `parts` is what stood for the {}.
const Operation* find(std::string_view method, std::string_view path,
                      std::vector<std::string>& parts) {
  for (const std::span<const Operation> group :
       {std::span<const Operation>(kOwnOperations), account_operations(), phone_operations(),
        network_operations()}) {
    for (const Operation& operation : group) {
      if (operation.method == method && fits(operation.path, path, parts)) {
        return &operation;
      }
    }
  }
  return nullptr;
}

}  // namespace

OnHttp make_control(Server& server, Web& web) {
  return [&server, &web](HttpRequest request, Reply reply) {
    if (web.serve(request, reply)) {
      return;
    }
    Call call{server, web, {}, json::object(), std::move(reply)};
    const std::string_view target(request.target);
    const std::string_view path = target.substr(0, std::min(target.find('?'), target.size()));
    const Operation* operation = find(request.method, path, call.path);
    if (operation == nullptr) {
      return call.fail(404, "there is no such operation; see /openapi.json");
    }
    if (!request.body.empty()) {
      call.body = json::parse(request.body, nullptr, false);
      if (!call.body.is_object()) {
        return call.fail(400, "the body is no JSON object");
      }
    }
    try {
      operation->run(call);
    } catch (const json::exception& wrong) {
      call.fail(422, wrong.what());
    }
  };
}

}  // namespace waxwing::simulator
