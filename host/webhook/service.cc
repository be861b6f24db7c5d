// SPDX-License-Identifier: Apache-2.0
// Webhooks as the rest of the server sees them.
#include "webhook/service.hpp"

#include <condition_variable>
#include <set>
#include <thread>
#include <utility>

#include "base/build_info.hpp"
#include "base/json_writer.hpp"
#include "webhook/session_outbox.hpp"

namespace waxwing::webhook {
namespace {

// WAHA's clients may look for its name.
std::string user_agent() {
  return "WAHA/" + std::string(kWahaVersion) + " Waxwing/" + std::string(kVersion);
}

std::string to_hex(std::string_view octets) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  for (const char c : octets) {
    const auto octet = static_cast<unsigned char>(c);
    hex += kDigits[octet >> 4U];
    hex += kDigits[octet & 0xFU];
  }
  return hex;
}

std::optional<std::string> from_hex(std::string_view hex) {
  std::string octets;
  const auto digit = [](char c) {
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
  };
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    const int high = digit(hex[i]);
    const int low = digit(hex[i + 1]);
    if (high < 0 || low < 0) {
      return std::nullopt;
    }
    octets += static_cast<char>(high * 16 + low);
  }
  return hex.size() % 2 == 0 ? std::optional(octets) : std::nullopt;
}

std::string write_dead_letters(const std::vector<Backlog::Dead>& letters, std::uint32_t limit) {
  std::string text;
  JsonWriter out(text);
  out.begin_object().key("items").begin_array();
  for (const Backlog::Dead& dead : letters) {
    if (!dead.row.event) {
      continue;
    }
    out.begin_object().key("id").value(dead.row.event->id);
    out.key("webhook").value(std::to_string(dead.slot));
    out.key("attempts").value(std::int64_t{dead.letter.attempts});
    out.key("error").value(dead.letter.error).key("timestamp").value(dead.letter.died_ms);
    out.key("event").raw(dead.row.event->json).end_object();
  }
  out.end_array().key("next");
  if (letters.size() < limit) {
    out.null();
  } else {
    out.value(to_hex(letters.back().key));
  }
  out.end_object();
  return text;
}

Status unknown_session() {
  return {Code::NotFound, "Session not found"};
}

// An outbox that others may hold on to while a commit is under way.
class SharedOutbox final : public event::Outbox {
 public:
  explicit SharedOutbox(std::shared_ptr<SessionOutbox> outbox) : outbox_(std::move(outbox)) {}
  std::string configure(const std::string& config_json, const std::string& memory) override {
    return outbox_->configure(config_json, memory);
  }
  Admission admit(const event::EventPtr& event) override { return outbox_->admit(event); }
  void settle(std::uint64_t ticket, bool durable) override { outbox_->settle(ticket, durable); }
  void close() override { outbox_->close(); }

 private:
  const std::shared_ptr<SessionOutbox> outbox_;
};

}  // namespace

Service::Service(net::Network& network, const config::Webhooks& settings, std::uint32_t run,
                 DroppedFn dropped)
    : run_(run),
      settings_(settings),
      global_(global_target(settings.global)),
      loop_("egress"),
      delivery_(network, loop_, settings, user_agent(), std::move(dropped), counters_) {}

Service::~Service() = default;

void Service::start() {
  loop_.start();
}

event::OutboxFactory Service::outboxes() {
  return [this](const std::string& session, const std::shared_ptr<storage::Store>& store,
                storage::Post post) { return open(session, store, std::move(post)); };
}

std::unique_ptr<event::Outbox> Service::open(const std::string& session,
                                             const std::shared_ptr<storage::Store>& store,
                                             storage::Post post) {
  auto backlog = std::make_shared<Backlog>(
      delivery_, session,
      store->tenant(session, [this](Task task) { loop_.post(std::move(task)); }));
  auto outbox = std::make_shared<SessionOutbox>(
      SessionOutbox::Environment{settings_, loop_, global_, run_}, backlog,
      store->tenant(session, post), [this, session, backlog] { forget(session, backlog); });
  Entry before;
  {
    const std::lock_guard lock(mutex_);
    Entry& entry = backlogs_[session];
    before = std::move(entry);
    entry.backlog = backlog;
    entry.put_back = [post = std::move(post), weak = std::weak_ptr(outbox)](
                         std::vector<Backlog::Dead> letters,
                         UniqueFunction<void(Result<std::size_t>)> done) {
      post([weak, letters = std::move(letters), done = std::move(done)]() mutable {
        if (const auto alive = weak.lock()) {
          alive->put_back(std::move(letters), std::move(done));
        } else {
          done(unknown_session());
        }
      });
    };
  }
  if (before.backlog) {
    // A deleted session of that name had not finished; what it left goes to nobody.
    loop_.post([before = std::move(before.backlog)] { before->abandon(); });
  }
  return std::make_unique<SharedOutbox>(std::move(outbox));
}

void Service::forget(const std::string& session, const std::shared_ptr<Backlog>& backlog) {
  // The backlog goes on by itself; who asks for the session from now on does not find it.
  const std::lock_guard lock(mutex_);
  const auto it = backlogs_.find(session);
  if (it != backlogs_.end() && it->second.backlog == backlog) {
    it->second.put_back = nullptr;
  }
}

Service::Entry Service::find(const std::string& session) const {
  const std::lock_guard lock(mutex_);
  const auto it = backlogs_.find(session);
  return it == backlogs_.end() || !it->second.put_back ? Entry() : it->second;
}

void Service::stop(Millis grace) {
  const auto until = std::chrono::steady_clock::now() + grace;
  // What is neither under way nor listed waits for a retry, and goes on waiting in the store.
  while (std::chrono::steady_clock::now() < until && delivery_busy()) {
    std::this_thread::sleep_for(Millis(5));
  }
  struct Flushing {
    std::mutex mutex;
    std::condition_variable wake;
    std::size_t open = 0;
  };
  const auto flushing = std::make_shared<Flushing>();
  std::vector<std::shared_ptr<Backlog>> all;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [session, entry] : backlogs_) {
      all.push_back(entry.backlog);
    }
  }
  flushing->open = all.size();
  loop_.post([this, all = std::move(all), flushing] {
    delivery_.stop();
    for (const auto& backlog : all) {
      backlog->flush([backlog, flushing] {
        backlog->abandon();
        const std::lock_guard lock(flushing->mutex);
        --flushing->open;
        flushing->wake.notify_one();
      });
    }
  });
  {
    std::unique_lock lock(flushing->mutex);
    flushing->wake.wait_for(lock, std::chrono::seconds(5), [&] { return flushing->open == 0; });
  }
  loop_.stop();
  const std::lock_guard lock(mutex_);
  backlogs_.clear();
}

bool Service::delivery_busy() const {
  return counters_.under_way.load() > 0;
}

void Service::report(const std::string& session, TextFn done) {
  Entry entry = find(session);
  if (!entry.backlog) {
    done(unknown_session());
    return;
  }
  loop_.post([backlog = std::move(entry.backlog), done = std::move(done)]() mutable {
    backlog->report([done = std::move(done)](std::string text) { done(std::move(text)); });
  });
}

void Service::dead_letters(const std::string& session, std::string_view cursor, std::uint32_t limit,
                           TextFn done) {
  const auto after = from_hex(cursor);
  if (!after.has_value()) {
    done(Status(Code::Invalid, "after: not a cursor of this list"));
    return;
  }
  Entry entry = find(session);
  if (!entry.backlog) {
    done(unknown_session());
    return;
  }
  loop_.post([backlog = std::move(entry.backlog), after = *after, limit,
              done = std::move(done)]() mutable {
    backlog->read_dead(after, limit,
                       [limit, done = std::move(done)](Result<std::vector<Backlog::Dead>> dead) {
                         if (dead.has_value()) {
                           done(write_dead_letters(*dead, limit));
                         } else {
                           done(dead.error());
                         }
                       });
  });
}

struct Service::Replaying {
  std::set<std::string> ids;  // empty = all
  TextFn done;
  std::int64_t started_ms = 0;  // letters that died later are not meant
  std::size_t count = 0;

  void finish() {
    std::string text;
    JsonWriter(text)
        .begin_object()
        .key("replayed")
        .value(static_cast<std::int64_t>(count))
        .end_object();
    done(std::move(text));
  }
};

void Service::replay(const std::string& session, std::vector<std::string> event_ids, TextFn done) {
  Entry entry = find(session);
  if (!entry.backlog) {
    done(unknown_session());
    return;
  }
  auto replaying = std::make_shared<Replaying>();
  replaying->ids.insert(event_ids.begin(), event_ids.end());
  replaying->done = std::move(done);
  replaying->started_ms = loop_.clock().unix_ms();
  loop_.post([this, entry = std::move(entry), replaying = std::move(replaying)]() mutable {
    replay_page(entry, "", std::move(replaying));
  });
}

void Service::replay_page(const Entry& entry, const std::string& after,
                          std::shared_ptr<Replaying> replaying) {
  entry.backlog->read_dead(
      after, 0, [this, entry, replaying](Result<std::vector<Backlog::Dead>> dead) {
        if (!dead.has_value()) {
          replaying->done(dead.error());
          return;
        }
        if (dead->empty()) {
          replaying->finish();
          return;
        }
        std::string last = dead->back().key;
        std::erase_if(*dead, [&](const Backlog::Dead& letter) {
          return !letter.row.event || letter.letter.died_ms > replaying->started_ms ||
                 (!replaying->ids.empty() && !replaying->ids.contains(letter.row.event->id));
        });
        entry.put_back(std::move(*dead),
                       [this, entry, replaying, last = std::move(last)](Result<std::size_t> count) {
                         if (!count.has_value()) {
                           replaying->done(std::move(count).error());
                           return;
                         }
                         loop_.post([this, entry, replaying, last, more = *count] {
                           replaying->count += more;
                           replay_page(entry, last, replaying);
                         });
                       });
      });
}

}  // namespace waxwing::webhook
