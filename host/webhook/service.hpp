// SPDX-License-Identifier: Apache-2.0
// Webhooks as the rest of the server sees them: outboxes for sessions, reports for the API.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.hpp"
#include "base/unique_function.hpp"
#include "config/config.hpp"
#include "event/outbox.hpp"
#include "runtime/loop.hpp"
#include "webhook/delivery.hpp"

namespace waxwing::webhook {

class SessionOutbox;

// Owns the egress loop. [any-thread] unless said otherwise.
class Service {
 public:
  using TextFn = UniqueFunction<void(Result<std::string>)>;

  // `run` numbers this run of the server, higher than those before it. `network` and `settings`
  // outlive it.
  Service(net::Network& network, const config::Webhooks& settings, std::uint32_t run,
          DroppedFn dropped);
  ~Service();
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  void start();  // [main-thread]
  // Lets what goes out at once go out, stores how far it has come, ends the loop. Before the stores
  // are closed. [main-thread]
  void stop(Millis grace);

  // For sessions; the service outlives every outbox.
  [[nodiscard]] event::OutboxFactory outboxes();

  // Answers come on the egress loop or on the session's; Code::NotFound for an unknown session.
  // A JSON array with an object for each webhook.
  void report(const std::string& session, TextFn done);
  // {"items": […], "next": cursor or null}. Code::Invalid for a cursor that is none.
  void dead_letters(const std::string& session, std::string_view cursor, std::uint32_t limit,
                    TextFn done);
  // Puts dead letters back in line: those of the events with these ids, or all. {"replayed": n}
  void replay(const std::string& session, std::vector<std::string> event_ids, TextFn done);

  [[nodiscard]] const Counters& counters() const noexcept { return counters_; }

 private:
  friend class SessionOutbox;
  struct Entry {
    std::shared_ptr<Backlog> backlog;
    // Puts letters back in line, on the session's loop.
    std::function<void(std::vector<Backlog::Dead>, UniqueFunction<void(Result<std::size_t>)>)>
        put_back;
  };
  struct Replaying;

  [[nodiscard]] std::unique_ptr<event::Outbox> open(const std::string& session,
                                                    const std::shared_ptr<storage::Store>& store,
                                                    storage::Post post);
  void forget(const std::string& session, const std::shared_ptr<Backlog>& backlog);
  [[nodiscard]] Entry find(const std::string& session) const;
  [[nodiscard]] bool delivery_busy() const;
  void replay_page(const Entry& entry, const std::string& after,
                   std::shared_ptr<Replaying> replaying);

  const std::uint32_t run_;
  const config::Webhooks& settings_;
  const TargetPtr global_;
  Counters counters_;
  runtime::Loop loop_;
  Delivery delivery_;
  mutable std::mutex mutex_;                         // guards backlogs_
  std::unordered_map<std::string, Entry> backlogs_;  // by session
};

}  // namespace waxwing::webhook
