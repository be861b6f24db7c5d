// SPDX-License-Identifier: Apache-2.0
// WhatsApp Web's own page, as far as a stand-in can be it: the files, and the other end of its
// scripts.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "edge.hpp"
#include "registration.hpp"

namespace waxwing::simulator {

class Server;

// Browsers that have the page open or had it. Each is a device of an account once its code was
// scanned. One thread.
class Web {
 public:
  explicit Web(Server& server);
  ~Web();
  Web(const Web&) = delete;
  Web& operator=(const Web&) = delete;

  // Below /web/: the page's files and what its scripts ask. False when the path is no such.
  bool serve(const HttpRequest& request, const std::function<void(HttpReply)>& reply);

  // Is that a code, or a linking code, that one of the pages shows?
  [[nodiscard]] bool knows(std::string_view qr) const;
  [[nodiscard]] bool awaits(const Account& account, std::string_view code) const;
  void scan(Account& account, std::string_view qr, const OnLinked& done);
  void enter_code(Account& account, std::string_view code, const OnLinked& done);
  // The phone removes it; false when that device is no browser.
  bool unlink(Account& account, std::uint16_t device);

  // For tests. An event for the page as account.js takes it; false when there is no such browser.
  bool push(std::uint64_t client, nlohmann::json event);
  [[nodiscard]] nlohmann::json to_json() const;
  // Of pages that are opened from now on.
  void set_options(std::string options_json) { options_ = std::move(options_json); }

 private:
  struct Client;
  using Reply = std::function<void(HttpReply)>;

  void page(std::string_view path, const Reply& reply);
  void ask(std::string_view what, const nlohmann::json& body, const Reply& reply);
  void enroll(const Reply& reply);
  void link(Client& client, Account& account, const md::AdvSecret& adv_secret,
            const OnLinked& done);
  void leave(Client& client);
  // web_messages.cc
  void listen(Client& client);
  bool ask_linked(Client& client, std::string_view what, const nlohmann::json& body,
                  nlohmann::json& out);
  void deliver(Client& client);
  [[nodiscard]] Client* of(const nlohmann::json& body);
  [[nodiscard]] nlohmann::json me(const Client& client) const;

  Server& server_;
  std::map<std::uint64_t, std::unique_ptr<Client>> clients_;
  std::uint64_t last_ = 0;
  std::string options_ = "{}";
  std::vector<Reply> hung_;  // pages that never come
};

}  // namespace waxwing::simulator
