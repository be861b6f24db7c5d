// SPDX-License-Identifier: Apache-2.0
// Driving one session, and listening to its engine.
#include "actor.hpp"

#include <memory>
#include <utility>

#include "base/json.hpp"
#include "requests.hpp"
#include "session/state.hpp"

namespace waxwing::plugin_check {

using plugin_host::Answer;
using plugin_host::EngineEvent;
using plugin_host::EngineSession;
using plugin_host::Row;

namespace {

constexpr Millis kLogin(120'000);
constexpr Millis kGrace(1'000);  // after a deadline, for the answer to come through

}  // namespace

Actor::Actor(Lab& lab, const plugin_host::EngineInfo& info, MemoryStore& store, Options options)
    : lab_(lab), info_(info), store_(store), options_(std::move(options)) {
  if (options_.config.empty()) {
    options_.config = "{}";
  }
}

Actor::~Actor() {
  if (session_) {
    end_session();
  }
}

Status Actor::create() {
  Result<std::shared_ptr<EngineSession>> made(Status(Code::Internal, "not created"));
  EngineSession::Params params;
  params.name = options_.name;
  params.config_json = options_.config;
  params.session_config_json = R"({")" + info_.config_section + R"(":)" + options_.config + "}";
  params.stored_version = store_.size() == 0 ? 0 : info_.storage_version;
  params.max_events = options_.max_events;
  lab_.run([&] {
    made =
        EngineSession::create(lab_.shared_module(), info_, std::move(params), lab_.loop(), *this);
  });
  if (!made.has_value()) {
    return made.error();
  }
  session_ = std::move(made).value();
  return Status::ok();
}

void Actor::expect_created() {
  expect_ok(create(), "create() was refused");
}

Answer Actor::ask(const std::string& what, Millis deadline,
                  const std::function<void(Reply)>& call) {
  // Shared, because an answer may come (and be a mistake) after we have given up.
  using plugin_host::Misbehaviour;
  auto answers = std::make_shared<std::vector<Answer>>();
  const std::uint64_t forgotten = lab_.module().misbehaviour(Misbehaviour::NoAnswer);
  lab_.run([&] { call([answers](Answer answer) { answers->push_back(std::move(answer)); }); });
  lab_.pass_until([&] { return !answers->empty(); }, deadline + kGrace);
  expect(!answers->empty(), what + " was not answered, not even by its deadline");
  expect(lab_.module().misbehaviour(Misbehaviour::NoAnswer) == forgotten,
         what + " was not answered within " + std::to_string(deadline.count()) + " ms");
  expect(lab_.module().misbehaviour(Misbehaviour::DoubleAnswer) == 0, what + " was answered twice");
  return std::move(answers->front());
}

Answer Actor::start(Millis deadline) {
  state_ = WAX_SESSION_STARTING;
  return ask("start", deadline, [&](Reply reply) { session_->start(deadline, std::move(reply)); });
}

Answer Actor::stop(Millis deadline) {
  return ask("stop", deadline, [&](Reply reply) { session_->stop(deadline, std::move(reply)); });
}

Answer Actor::logout(Millis deadline) {
  return ask("logout", deadline,
             [&](Reply reply) { session_->logout(deadline, std::move(reply)); });
}

Answer Actor::invoke(const std::string& op, const std::string& json, Millis deadline) {
  return ask(op, deadline, [&](Reply reply) {
    session_->invoke({op, json, {}, "check"}, deadline, std::move(reply));
  });
}

void Actor::send(const std::string& op, const std::string& json, Millis deadline) {
  lab_.run([&] {
    session_->invoke({op, json, {}, "check"}, deadline,
                     [this](Answer answer) { answers_.push_back(std::move(answer)); });
  });
}

void Actor::send_stop(Millis deadline) {
  lab_.run([&] {
    session_->stop(deadline, [this](Answer answer) { answers_.push_back(std::move(answer)); });
  });
}

bool Actor::end_session() {
  // Shared, because the end may come after we have given up.
  auto closed = std::make_shared<bool>(false);
  lab_.run([&] { session_->close([closed] { *closed = true; }); });
  return lab_.pass_until([&] { return *closed; }, Millis(60'000));
}

void Actor::close() {
  expect(end_session(), "the session's work did not come to an end");
  session_ = nullptr;
  held_.clear();
}

void Actor::bring_up() {
  expect_ok(start().status, "start failed");
  lab_.pass_until([this] { return state_ == WAX_SESSION_WORKING || state_ == WAX_SESSION_FAILED; },
                  kLogin);
}

void Actor::later(Task task) {
  if (store_delay.count() == 0) {
    task();
  } else {
    lab_.loop().start_timer(store_delay, std::move(task));
  }
}

void Actor::complain(const std::string& what) {
  if (complaint_.empty()) {
    complaint_ = what;
  }
}

void Actor::release_commits() {
  hold_commits = false;
  while (!held_.empty()) {
    const Task task = std::move(held_.front());
    held_.pop_front();
    lab_.run([&] { task(); });
  }
}

// What the engine says
// ------------------------------------------------------------------------------

void Actor::on_state(plugin_host::StateChange change) {
  ++words_;
  const auto from = session::state_from_abi(state_);
  const auto to = session::state_from_abi(change.state);
  if (!session::engine_may_move(from, to)) {
    complain("an illegal move from " + std::string(session::to_string(from)) + " to " +
             std::string(session::to_string(to)));
    return;
  }
  if (change.state == WAX_SESSION_FAILED && change.reason.empty()) {
    complain("FAILED without a reason");
  }
  if (!change.data_json.empty() && !json::parse(change.data_json).has_value()) {
    complain("the data of a state change is no JSON");
  }
  state_ = change.state;
  states_.push_back(std::move(change));
}

void Actor::on_qr(std::string text, Millis valid) {
  ++words_;
  ++qr_codes_;
  if (text.empty() || valid.count() <= 0) {
    complain("a QR code without text or without a time");
  }
}

void Actor::on_me(std::optional<plugin_host::Me> me) {
  ++words_;
  if (me.has_value() && me->id.find('@') == std::string::npos) {
    complain("an account whose id is not of the form number@c.us");
  }
}

void Actor::on_engine_info(std::string json) {
  ++words_;
  const auto parsed = json::parse(json);
  if (!parsed.has_value() || !parsed->is_object()) {
    complain("engine information that is no JSON object");
  }
}

void Actor::on_presence(std::optional<bool>) {
  ++words_;
}

void Actor::on_activity(std::int64_t) {
  ++words_;
}

void Actor::on_commit(std::vector<plugin_host::WriteOp> rows, std::vector<EngineEvent> events,
                      DoneFn done) {
  ++words_;
  for (const EngineEvent& event : events) {
    const auto parsed = json::parse(event.json);
    if (!parsed.has_value() || !parsed->is_object()) {
      complain("the payload of " + event.type + " is no JSON object");
    } else if (const auto problem = payload_problem(lab_.schemas(), event.type, event.json);
               !problem.empty()) {
      complain("an event " + event.type + " that breaks its schema: " + problem);
    }
  }
  Task finish = [this, rows = std::move(rows), events = std::move(events),
                 done = std::move(done)]() mutable {
    if (!store_failure.is_ok()) {
      done(store_failure);
      return;
    }
    const Status status = rows.empty() ? Status::ok() : store_.apply(rows);
    if (status.is_ok()) {
      events_.insert(events_.end(), std::make_move_iterator(events.begin()),
                     std::make_move_iterator(events.end()));
    }
    done(status);
  };
  if (hold_commits) {
    held_.push_back(std::move(finish));
  } else {
    later(std::move(finish));
  }
}

void Actor::on_get(std::vector<plugin_host::KeyRef> keys, RowsFn done) {
  later([this, keys = std::move(keys), done = std::move(done)] {
    done(store_failure.is_ok() ? Result<std::vector<Row>>(store_.get(keys)) : store_failure);
  });
}

void Actor::on_scan(plugin_host::Scan scan, RowsFn done) {
  later([this, scan = std::move(scan), done = std::move(done)] {
    done(store_failure.is_ok() ? Result<std::vector<Row>>(store_.scan(scan)) : store_failure);
  });
}

void Actor::on_resolve_proxy(std::string, LeaseFn done) {
  // A direct connection, or none at all.
  done(proxy_failure.is_ok() ? Result<plugin_host::Lease>(plugin_host::Lease{1, "", "", "", 0})
                             : proxy_failure);
}

void Actor::on_report_proxy(std::uint64_t, wax_proxy_outcome, std::uint32_t) {
  ++words_;
}

}  // namespace waxwing::plugin_check
