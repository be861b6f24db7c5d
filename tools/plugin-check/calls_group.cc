// SPDX-License-Identifier: Apache-2.0
// Group calls: every operation, with good requests, bad ones, too early, too many, too late.
#include <algorithm>

#include "base/json.hpp"
#include "plugin/blob.hpp"
#include "scene.hpp"

namespace waxwing::plugin_check {
namespace {

using plugin_host::Answer;
using plugin_host::OpInfo;

bool allowed_now(const Scene& scene, const OpInfo& op) {
  return scene.actor.working() || (op.flags & WAX_OP_ANY_STATE) != 0;
}

void check_answer(const OpInfo& op, const Answer& answer) {
  if (!answer.json.empty()) {
    expect(json::parse(answer.json).has_value(), "the answer of " + op.name + " is no JSON");
  }
  if (!answer.status.is_ok()) {
    expect(!answer.status.message().empty(), op.name + " failed without a message");
    return;
  }
  for (const auto& part : answer.parts) {
    expect(part.blob != nullptr && part.blob->size() > 0,
           op.name + " returned the part '" + part.name + "' without content");
    expect(!part.mimetype.empty(), op.name + " returned a part without its MIME type");
  }
  if ((op.flags & WAX_OP_DOWNLOADS) == 0) {
    expect(answer.parts.empty(), op.name + " returns parts but lacks WAX_OP_DOWNLOADS");
  }
}

Verdict every_operation(const Run& run) {
  Scene scene(run);
  scene.bring_up();
  int asked = 0;
  std::string silent;
  for (const OpInfo& op : scene.info.ops) {
    const auto requests = valid_requests(run.subject.schemas, op);
    if (requests.empty() || !allowed_now(scene, op)) {
      silent += (silent.empty() ? "" : ", ") + op.name;
      continue;
    }
    for (const std::string& request : requests) {
      const Answer answer = scene.actor.invoke(op.name, request);
      check_answer(op, answer);
      const Code code = answer.status.code();
      if (answer.status.is_ok()) {
        const std::string problem = response_problem(run.subject.schemas, op.name, answer.json);
        expect(problem.empty(), "the answer of " + op.name + " breaks its schema: " + problem);
      }
      expect(code != Code::Internal && code != Code::Unsupported && code != Code::Abi,
             op.name + " fails on a valid request: " + answer.status.message());
      // Operations of another state than this one refuse by STATE.
      expect(code != Code::Invalid,
             op.name + " calls a valid request invalid: " + answer.status.message());
      ++asked;
    }
  }
  scene.end();
  const std::string note = std::to_string(asked) + " requests";
  return pass(silent.empty() ? note
                             : note + "; not asked, for want of an example or a login: " + silent);
}

Verdict broken(const Run& run) {
  Scene scene(run);
  scene.bring_up();
  int asked = 0;
  for (const OpInfo& op : scene.info.ops) {
    for (const std::string& request : broken_requests(run.subject.schemas, op, run.subject.seed)) {
      const Answer answer = scene.actor.invoke(op.name, request);
      check_answer(op, answer);
      expect(answer.status.code() != Code::Internal,
             op.name + " answers INTERNAL instead of INVALID to " + request.substr(0, 200) + ": " +
                 answer.status.message());
      ++asked;
    }
  }
  scene.end();
  return pass(std::to_string(asked) + " requests");
}

Verdict unknown_operation(const Run& run) {
  Scene scene(run);
  scene.bring_up();
  for (const char* op :
       {"x-check.unknown", "messages", "", "MESSAGES.SENDTEXT", "messages.sendText\n"}) {
    const Answer answer = scene.actor.invoke(op);
    expect(answer.status.code() == Code::Unsupported,
           "the unknown operation '" + std::string(op) + "' is answered by " +
               std::string(to_string(answer.status.code())) + " instead of UNSUPPORTED");
  }
  scene.end();
  return pass();
}

Verdict too_early(const Run& run) {
  Scene scene(run);
  scene.actor.expect_created();
  for (const OpInfo& op : scene.info.ops) {
    for (const std::string& request : valid_requests(run.subject.schemas, op)) {
      const Answer answer = scene.actor.invoke(op.name, request);
      check_answer(op, answer);
      if ((op.flags & WAX_OP_ANY_STATE) == 0) {
        const Code code = answer.status.code();
        expect(code == Code::State || code == Code::Unavailable,
               op.name + " before start() is answered by " + std::string(to_string(code)) +
                   " instead of STATE (or it is WAX_OP_ANY_STATE)");
      }
    }
  }
  scene.actor.close();
  scene.expect_clean();
  return pass();
}

Verdict at_once(const Run& run) {
  constexpr std::size_t kCalls = 200;
  Scene scene(run);
  scene.bring_up();
  std::size_t sent = 0;
  while (sent < kCalls) {
    const std::size_t before = sent;
    for (const OpInfo& op : scene.info.ops) {
      for (const std::string& request : valid_requests(run.subject.schemas, op)) {
        scene.actor.send(op.name, request);
        ++sent;
      }
    }
    if (sent == before) {
      skip("no operation with a known request");
    }
  }
  scene.lab.pass_until([&] { return scene.actor.answers().size() >= sent; }, Millis(40'000));
  expect(scene.actor.answers().size() == sent, std::to_string(sent - scene.actor.answers().size()) +
                                                   " of " + std::to_string(sent) +
                                                   " calls were not answered");
  scene.end();
  return pass(std::to_string(sent) + " calls");
}

// The session ends while calls are under way: each is answered once, by the engine or the host.
Verdict ended_under_way(const Run& run) {
  Scene scene(run);
  scene.bring_up();
  scene.actor.store_delay = Millis(500);
  std::size_t sent = 0;
  for (const OpInfo& op : scene.info.ops) {
    for (const std::string& request : valid_requests(run.subject.schemas, op)) {
      scene.actor.send(op.name, request);
      ++sent;
    }
  }
  scene.actor.send_stop();
  scene.actor.close();
  scene.lab.pass(Millis(2'000));
  expect(scene.actor.answers().size() == sent + 1,
         "a call was answered " +
             std::string(scene.actor.answers().size() > sent + 1 ? "twice" : "by nobody"));
  using plugin_host::Misbehaviour;
  expect(scene.lab.module().misbehaviour(Misbehaviour::WrongThread) == 0,
         "a function of the session's loop was called elsewhere (WP-8)");
  return pass();
}

// The deadline passes: the caller has its 504, and a late answer must do no harm.
Verdict deadline(const Run& run) {
  Scene scene(run);
  scene.bring_up();
  scene.actor.store_delay = Millis(3'000);
  std::size_t sent = 0;
  for (const OpInfo& op : scene.info.ops) {
    for (const std::string& request : valid_requests(run.subject.schemas, op)) {
      scene.actor.send(op.name, request, Millis(100));
      ++sent;
    }
  }
  scene.lab.pass(Millis(10'000));
  expect(scene.actor.answers().size() == sent, "a call was not answered exactly once");
  scene.actor.store_delay = Millis(0);
  expect(scene.actor.invoke("x-check.unknown").status.code() == Code::Unsupported,
         "the engine no longer answers after a deadline passed");
  scene.actor.close();
  return pass();
}

}  // namespace

std::vector<Test> call_tests() {
  return {{"calls.every-operation", "WP-5", Needs::Engine, 60, every_operation},
          {"calls.broken-requests", "WP-4", Needs::Engine, 60, broken},
          {"calls.unknown-operation", "WP-16", Needs::Engine, 30, unknown_operation},
          {"calls.too-early", "B9", Needs::Engine, 30, too_early},
          {"calls.many-at-once", "WP-5", Needs::Engine, 60, at_once},
          {"calls.session-ends", "WP-5", Needs::Engine, 30, ended_under_way},
          {"calls.deadline", "WP-5", Needs::Engine, 60, deadline}};
}

}  // namespace waxwing::plugin_check
