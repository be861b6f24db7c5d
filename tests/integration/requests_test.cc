// SPDX-License-Identifier: Apache-2.0
// What holds for every call: bodies and their forms, errors and their shapes, CORS, HEAD, limits.
#include "shared_server.hpp"

namespace waxwing::testing {
namespace {

class Requests : public SharedServer<Requests> {
 public:
  static ServerOptions options() {
    return {.yaml = "http:\n  limits:\n    body_bytes: 4096\n", .env = {}, .arguments = {}};
  }
};

TEST_F(Requests, UnknownRoutesAre404WithMethodAndPath) {
  for (const auto& [method, path] :
       std::vector<std::pair<std::string, std::string>>{{"GET", "/api/nothing"},
                                                        {"GET", "/nothing"},
                                                        {"PATCH", "/api/sessions/x"},
                                                        {"DELETE", "/api/sessions"},
                                                        {"PUT", "/api/sessions"},
                                                        {"GET", "/api/sessions/x/start"},
                                                        {"POST", "/api/server/status"},
                                                        {"GET", "/api//sessions"}}) {
    const Reply reply = http_.request(method, path);
    expect_error(reply, 404, "Cannot " + method + " " + path);
    EXPECT_EQ(reply.json()["error"].text(), "Not Found");
  }
}

TEST_F(Requests, A404DoesNotRepeatTheQuery) {
  const Reply reply = http_.get("/api/nothing?x-api-key=abc");
  EXPECT_EQ(reply.json()["message"].text().find("abc"), std::string::npos) << reply;
}

TEST_F(Requests, MalformedJsonIs400WithOneMessage) {
  for (const char* body : {"{", "{\"name\":}", "{\"name\":\"a\"} x", "nonsense", "{'a':1}"}) {
    const Reply reply = http_.post("/api/sessions", body);
    EXPECT_EQ(reply.status, 400) << body << reply;
    EXPECT_EQ(reply.json()["statusCode"].number(), 400);
    EXPECT_NE(reply.json()["message"].text(), "") << reply;
    EXPECT_EQ(reply.json()["error"].text(), "Bad Request");
  }
  for (const char* body : {"[]", "1", "\"a\"", "null"}) {
    EXPECT_EQ(http_.post("/api/sessions", body).status, 400) << body;
  }
}

TEST_F(Requests, DeeplyNestedJsonIsRefused) {
  const std::string body = "{\"config\":" + std::string(2'000, '[') + std::string(2'000, ']') + "}";
  EXPECT_EQ(http_.post("/api/sessions", body).status, 400);
  EXPECT_EQ(http_.get("/ping").status, 200);
}

TEST_F(Requests, ABodyTooLargeIs413) {
  const std::string large = "{\"name\":\"never\",\"x\":\"" + std::string(5'000, 'x') + "\"}";
  Reply reply = http_.post("/api/sessions", large);
  EXPECT_EQ(reply.status, 413) << reply;
  EXPECT_EQ(reply.json()["statusCode"].number(), 413) << reply;
  EXPECT_EQ(http_.get(session_path("never")).status, 404);
  const std::string fits = "{\"start\":false,\"x\":\"" + std::string(4'000, 'x') + "\"}";
  reply = http_.post("/api/sessions", fits);
  EXPECT_EQ(reply.status, 201) << reply;
}

TEST_F(Requests, WithoutAKeyNoBodyIsRead) {
  HttpClient stranger = server().client_with("");
  const Reply reply = stranger.post("/api/sessions", std::string(1'000, 'x'));
  EXPECT_EQ(reply.status, 401) << reply;
}

TEST_F(Requests, FormBodiesAreRead) {
  const std::string name = own_name();
  const Headers form = {{"Content-Type", "application/x-www-form-urlencoded"}};
  Reply reply = http_.post("/api/sessions/start", "name=" + name, form);
  EXPECT_EQ(reply.status, 201) << reply;
  EXPECT_NE(status_of(http_, name), "(404)");
  reply = http_.post("/api/sessions/stop", "name=" + name + "&other=%41+b", form);
  EXPECT_EQ(reply.status, 201) << reply;
  EXPECT_EQ(status_of(http_, name), "STOPPED");
}

// What curl -d sends without a header of its own.
TEST_F(Requests, JsonThatIsCalledAFormIsReadAsJson) {
  const std::string name = own_name();
  const Headers form = {{"Content-Type", "application/x-www-form-urlencoded"}};
  const Reply reply =
      http_.post("/api/sessions", "{\"name\":\"" + name + "\",\"start\":false}", form);
  EXPECT_EQ(reply.status, 201) << reply;
  EXPECT_EQ(status_of(http_, name), "STOPPED");
}

TEST_F(Requests, CorsIsOpen) {
  for (const Reply& reply : {http_.get("/api/sessions", {{"Origin", "https://example.com"}}),
                             http_.get("/ping"), http_.get("/api/nothing")}) {
    EXPECT_EQ(reply.header("access-control-allow-origin"), "*") << reply;
    EXPECT_EQ(reply.header("access-control-expose-headers"), "traceparent,tracestate");
  }
}

TEST_F(Requests, PreflightNeedsNoKey) {
  HttpClient browser = server().client_with("");
  const Reply reply =
      browser.request("OPTIONS", "/api/sessions", "",
                      {{"Origin", "https://example.com"},
                       {"Access-Control-Request-Method", "POST"},
                       {"Access-Control-Request-Headers", "x-api-key,content-type"}});
  EXPECT_EQ(reply.status, 204) << reply;
  EXPECT_EQ(reply.header("access-control-allow-origin"), "*");
  EXPECT_EQ(reply.header("access-control-allow-headers"), "x-api-key,content-type");
  for (const char* method : {"GET", "PUT", "POST", "DELETE"}) {
    EXPECT_NE(reply.header("access-control-allow-methods").find(method), std::string::npos);
  }
}

TEST_F(Requests, HeadIsGetWithoutItsBody) {
  const std::string name = own_name();
  create_echo(http_, name, "{}", false);
  for (const std::string& path : {std::string("/ping"), session_path(name), session_path("none"),
                                  std::string("/api/nothing")}) {
    const Reply get = http_.get(path);
    const Reply head = http_.request("HEAD", path);
    EXPECT_EQ(head.status, get.status) << path;
    EXPECT_EQ(head.body, "");
    if (get.status == 200) {
      EXPECT_EQ(head.header("content-length"), get.header("content-length")) << path;
      EXPECT_EQ(head.header("content-type"), get.header("content-type")) << path;
    }
  }
}

TEST_F(Requests, EveryAnswerHasARequestId) {
  const Reply first = http_.get("/ping");
  const Reply second = http_.get("/api/nothing");
  EXPECT_NE(first.header("x-request-id"), "");
  EXPECT_NE(second.header("x-request-id"), "");
  EXPECT_NE(first.header("x-request-id"), second.header("x-request-id"));
}

TEST_F(Requests, PathsAreDecodedBeforeTheyAreLookedUp) {
  create_echo(http_, "Decoded", "{}", false);
  EXPECT_EQ(http_.get("/api/sessions/%44ecoded").json()["name"].text(), "Decoded");
  EXPECT_EQ(http_.get("/api/sessions/%zz").status, 400);
  EXPECT_EQ(http_.get("/api/sessions/a%2Fme").status, 404);
  EXPECT_EQ(http_.get("/api/sessions/..%2f..%2fetc").status, 404);
}

// A 500 would show what the server does not think of.
TEST_F(Requests, OddNamesInPathsAreUnknownSessions) {
  for (const char* name : {"%20", "a%20b", "%F0%9F%90%A6", "x.y", "'%22", "-", "a%00b"}) {
    for (const char* method : {"GET", "PUT"}) {
      const Reply reply = http_.request(method, "/api/sessions/" + std::string(name));
      EXPECT_TRUE(reply.status == 404 || reply.status == 400) << name << reply;
    }
    EXPECT_LT(http_.get("/api/" + std::string(name) + "/auth/qr").status, 500) << name;
  }
}

class Strict : public SharedServer<Strict> {
 public:
  static ServerOptions options() {
    return {.yaml = "", .env = {{"WAHA_HTTP_STRICT_MODE", "true"}}, .arguments = {}};
  }
};

TEST_F(Strict, UnknownMembersAre400ButForUpdates) {
  Reply reply = http_.post("/api/sessions", R"({"name":"a","start":false,"more":1})");
  EXPECT_EQ(reply.status, 400) << reply;
  EXPECT_NE(reply.body.find("more"), std::string::npos) << reply;
  reply = http_.post("/api/sessions", R"({"name":"a","start":false,"config":{"other":1}})");
  EXPECT_EQ(reply.status, 400) << reply;
  EXPECT_NE(reply.body.find("config.property other should not exist"), std::string::npos) << reply;
  EXPECT_EQ(http_.post("/api/sessions", R"({"name":"a","start":false})").status, 201);
  reply = http_.put(session_path("a"), R"({"name":"a","status":"STOPPED","config":{"other":1}})");
  EXPECT_EQ(reply.status, 200) << reply;
  EXPECT_EQ(reply.json()["config"], R"({"debug":false})");
}

}  // namespace
}  // namespace waxwing::testing
