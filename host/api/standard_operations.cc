// SPDX-License-Identifier: Apache-2.0
// WAHA's paths that are no more than an operation of the engine: one table, one handler. An engine
// that lacks the operation answers 422, and a third party's may have one that ours have not.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "api/answers.hpp"
#include "api/body.hpp"
#include "api/errors.hpp"
#include "api/operation_schemas.hpp"
#include "api/route.hpp"
#include "base/json.hpp"

namespace waxwing::api {
namespace {

constexpr int kUnprocessable = 422;

struct Endpoint {
  std::string_view method;
  std::string_view pattern;
  int success;
  std::string_view operation;
  std::string_view tag;
  std::string_view summary;
};

constexpr std::string_view kMessage = "/api/{session}/chats/{chatId}/messages/{messageId}";
constexpr std::string_view kGroup = "/api/{session}/groups/{id}";

// Reading asks for the key's action `read`, everything else for `send`.
constexpr Endpoint kEndpoints[] = {
    {"POST", "/api/sendText", 201, "messages.sendText", kChattingTag, "Send a text message"},
    {"POST", "/api/sendImage", 201, "messages.sendImage", kChattingTag, "Send an image"},
    {"POST", "/api/sendFile", 201, "messages.sendFile", kChattingTag, "Send a file"},
    {"POST", "/api/sendVoice", 201, "messages.sendVoice", kChattingTag, "Send a voice message"},
    {"POST", "/api/sendVideo", 201, "messages.sendVideo", kChattingTag, "Send a video"},
    {"POST", "/api/send/link-custom-preview", 201, "messages.sendLinkCustomPreview", kChattingTag,
     "Send a text message with a link preview of your own"},
    {"POST", "/api/sendButtons", 201, "messages.sendButtons", kChattingTag, "Send buttons"},
    {"POST", "/api/sendList", 201, "messages.sendList", kChattingTag, "Send a list message"},
    {"POST", "/api/forwardMessage", 201, "messages.forward", kChattingTag, "Forward a message"},
    {"POST", "/api/sendSeen", 201, "messages.sendSeen", kChattingTag, "Mark messages as read"},
    {"PUT", "/api/reaction", 200, "messages.react", kChattingTag, "React to a message"},
    {"PUT", "/api/star", 200, "messages.star", kChattingTag, "Star or unstar a message"},
    {"POST", "/api/sendPoll", 201, "messages.sendPoll", kChattingTag, "Send a poll"},
    {"POST", "/api/sendPollVote", 201, "messages.sendPollVote", kChattingTag, "Vote in a poll"},
    {"POST", "/api/sendLocation", 201, "messages.sendLocation", kChattingTag, "Send a place"},
    {"POST", "/api/sendContactVcard", 201, "messages.sendContactVcard", kChattingTag,
     "Send contact cards"},
    {"POST", "/api/send/buttons/reply", 201, "messages.sendButtonsReply", kChattingTag,
     "Answer a message with buttons"},
    {"GET", "/api/{session}/new-message-id", 200, "messages.newId", kChattingTag,
     "Make an id for a message to be sent"},

    {"PUT", kMessage, 200, "messages.edit", kChatsTag, "Edit a message"},
    {"DELETE", kMessage, 200, "messages.revoke", kChatsTag, "Delete a message for everybody"},
    {"POST", "/api/{session}/chats/{chatId}/messages/{messageId}/pin", 201, "messages.pin",
     kChatsTag, "Pin a message"},
    {"POST", "/api/{session}/chats/{chatId}/messages/{messageId}/unpin", 201, "messages.unpin",
     kChatsTag, "Unpin a message"},

    {"GET", "/api/contacts/check-exists", 200, "contacts.checkExists", kContactsTag,
     "Is a phone number on WhatsApp?"},

    {"POST", "/api/{session}/groups", 201, "groups.create", kGroupsTag, "Create a group"},
    {"GET", "/api/{session}/groups", 200, "groups.list", kGroupsTag, "List all groups"},
    {"GET", "/api/{session}/groups/count", 200, "groups.count", kGroupsTag, "Count the groups"},
    {"POST", "/api/{session}/groups/refresh", 200, "groups.refresh", kGroupsTag,
     "Ask WhatsApp for all groups again"},
    {"GET", kGroup, 200, "groups.get", kGroupsTag, "Get a group"},
    {"POST", "/api/{session}/groups/{id}/leave", 200, "groups.leave", kGroupsTag, "Leave a group"},
    {"PUT", "/api/{session}/groups/{id}/subject", 200, "groups.setSubject", kGroupsTag,
     "Rename a group"},
    {"PUT", "/api/{session}/groups/{id}/description", 200, "groups.setDescription", kGroupsTag,
     "Describe a group"},
    {"GET", "/api/{session}/groups/{id}/participants", 200, "groups.participants", kGroupsTag,
     "List members, as the engine has them"},
    {"GET", "/api/{session}/groups/{id}/participants/v2", 200, "groups.participantsV2", kGroupsTag,
     "List members"},
    {"POST", "/api/{session}/groups/{id}/participants/add", 200, "groups.addParticipants",
     kGroupsTag, "Add members"},
    {"POST", "/api/{session}/groups/{id}/participants/remove", 200, "groups.removeParticipants",
     kGroupsTag, "Remove members"},
    {"POST", "/api/{session}/groups/{id}/admin/promote", 200, "groups.promote", kGroupsTag,
     "Make members admins"},
    {"POST", "/api/{session}/groups/{id}/admin/demote", 200, "groups.demote", kGroupsTag,
     "Make admins members again"},

    {"POST", "/api/{session}/presence", 201, "presence.set", kPresenceTag,
     "Set the account's presence"},
    {"GET", "/api/{session}/presence", 200, "presence.list", kPresenceTag,
     "Get all presences that were subscribed to"},
    {"GET", "/api/{session}/presence/{chatId}", 200, "presence.get", kPresenceTag,
     "Get the presence in a chat, and subscribe to it"},
    {"POST", "/api/{session}/presence/{chatId}/subscribe", 201, "presence.subscribe", kPresenceTag,
     "Subscribe to the presence in a chat"},
};

// What came as text, in a query or a form, in the type that the operation's schema gives it.
void type_texts(std::string_view operation, Json& arguments) {
  const Json& document = operation_document(operation);
  const Json* request = json::find(document, "request");
  const Json* fields = request == nullptr ? nullptr : json::find(*request, "properties");
  if (fields == nullptr) {
    return;
  }
  for (auto& [name, value] : arguments.items()) {
    const Json* field = json::find(*fields, name);
    const Json* types = field == nullptr ? nullptr : json::find(*field, "type");
    if (types == nullptr || !value.is_string()) {
      continue;
    }
    const auto takes = [&](const char* type) {
      return *types == type ||
             (types->is_array() && std::find(types->begin(), types->end(), type) != types->end());
    };
    if (takes("string")) {
      continue;
    }
    if (takes("array")) {
      value = Json::array({value});
      continue;
    }
    const auto parsed = json::parse(value.get_ref<const std::string&>());
    const bool fits =
        parsed.has_value() && (((takes("integer") || takes("number")) && parsed->is_number()) ||
                               (takes("boolean") && parsed->is_boolean()));
    if (fits) {
      value = *parsed;
    }
  }
}

Json query_object(const http::Request& request) {
  Json object = Json::object();
  for (const auto& [name, value] : request.query()) {
    const auto [it, first] = object.emplace(name, value);
    if (!first) {  // repeated: a list
      Json& had = *it;
      had = had.is_array() ? had : Json::array({had});
      had.push_back(value);
    }
  }
  return object;
}

// Every name in braces of the pattern, without "session".
template <class F>
void each_parameter(std::string_view pattern, F&& take) {
  for (auto open = pattern.find('{'); open != std::string_view::npos; open = pattern.find('{')) {
    const auto close = pattern.find('}', open);
    const std::string_view name = pattern.substr(open + 1, close - open - 1);
    if (name != "session") {
      take(name);
    }
    pattern.remove_prefix(close + 1);
  }
}

// Takes a text out of the arguments that must be there.
std::string take_text(Json& arguments, const char* name, std::vector<Violation>& violations) {
  const auto it = arguments.find(name);
  if (it == arguments.end()) {
    violations.push_back({name, "is required"});
  } else if (!it->is_string()) {
    violations.push_back({name, "must be a string"});
  } else if (it->get_ref<const std::string&>().empty()) {
    violations.push_back({name, "should not be empty"});
  } else {
    std::string text = it->get<std::string>();
    arguments.erase(it);
    return text;
  }
  return {};
}

std::vector<Violation> show_presence(Json& arguments, const char* presence) {
  std::vector<Violation> violations;
  arguments["chatId"] = take_text(arguments, "chatId", violations);
  arguments["presence"] = presence;
  return violations;
}
std::vector<Violation> adapt_typing(Json& arguments) {
  return show_presence(arguments, "typing");
}
std::vector<Violation> adapt_paused(Json& arguments) {
  return show_presence(arguments, "paused");
}
std::vector<Violation> adapt_phone(Json& arguments) {
  std::vector<Violation> violations;
  arguments["chatId"] = take_text(arguments, "phone", violations);
  return violations;
}
std::vector<Violation> adapt_link(Json& arguments) {
  std::vector<Violation> violations;
  std::string text = take_text(arguments, "title", violations);
  text += "\n" + take_text(arguments, "url", violations);
  arguments["text"] = std::move(text);
  return violations;
}

}  // namespace

void run_row(const Context& context, Call&& call) {
  const Row& row = *call.row;
  std::optional<Json> arguments;
  if (row.method == "GET") {
    arguments = query_object(call.request);
  } else {
    arguments = body_object(call);
    if (!arguments.has_value()) {
      return;
    }
  }
  std::string name(call.request.param("session"));
  if (!row.session_in_path()) {
    name = json::string_or(*arguments, "session", "");
    if (name.empty()) {
      call.send(http::error_response(kUnprocessable, "Session name is required"));
      return;
    }
    if (call.refused(row.access, name)) {
      return;
    }
  }
  arguments->erase("session");
  each_parameter(row.pattern, [&](std::string_view parameter) {
    (*arguments)[std::string(parameter)] = call.request.param(parameter);
  });
  const auto session = row.need == session::Need::Running ? find_or_404(context, call, name)
                                                          : find_or_422(context, call, name);
  if (!session) {
    return;
  }
  if (row.adapt != nullptr) {
    if (const auto violations = row.adapt(*arguments); !violations.empty()) {
      call.send(from_violations(violations));
      return;
    }
  }
  type_texts(row.operation, *arguments);
  const int success = row.success;
  run_operation(context, std::move(call), session, row.need, std::string(row.operation), *arguments,
                success);
}

void add_standard_operations(std::vector<Row>& rows) {
  for (const Endpoint& endpoint : kEndpoints) {
    add_row(rows, endpoint.tag, endpoint.method, endpoint.pattern,
            endpoint.method == "GET" ? Access::Read : Access::Send, run_row, endpoint.summary)
        .runs(endpoint.operation)
        .answers(endpoint.success);
  }
  const auto chatting = [&](std::string_view method, std::string_view pattern, Access access,
                            std::string_view operation, std::string_view summary) -> Row& {
    return add_row(rows, kChattingTag, method, pattern, access, run_row, summary).runs(operation);
  };
  chatting("POST", "/api/startTyping", Access::Send, "presence.set", "Show that you are typing")
      .takes("ChatRequest")
      .adapts(adapt_typing)
      .answers(201);
  chatting("POST", "/api/stopTyping", Access::Send, "presence.set", "Show that you stopped typing")
      .takes("ChatRequest")
      .adapts(adapt_paused)
      .answers(201);
  chatting("POST", "/api/reply", Access::Send, "messages.sendText",
           "Answer a message: use reply_to of sendText")
      .answers(201)
      .is_deprecated();
  chatting("POST", "/api/sendLinkPreview", Access::Send, "messages.sendText",
           "Send a link: use sendText")
      .takes("MessageLinkPreviewRequest")
      .adapts(adapt_link)
      .answers(201)
      .is_deprecated();
  chatting("GET", "/api/sendText", Access::Send, "messages.sendText", "Send a text: use POST")
      .asks("phone", "Phone number or chat id.", true)
      .asks("text", "The text.", true)
      .asks("session", "Name of the session.", true)
      .adapts(adapt_phone)
      .is_deprecated();
  chatting("GET", "/api/checkNumberStatus", Access::Read, "contacts.checkExists",
           "Is a phone number on WhatsApp? Use /api/contacts/check-exists")
      .is_deprecated();
}

}  // namespace waxwing::api
