// SPDX-License-Identifier: Apache-2.0
// API keys: the administrator's, those of one session, excluded paths, no keys at all.
#include "base/digest.hpp"
#include "shared_server.hpp"

namespace waxwing::testing {
namespace {

class Keys : public SharedServer<Keys> {
 public:
  static ServerOptions options() {
    return {.yaml = R"yaml(
security:
  exclude_path: ["api/server/version", "api/sessions/open/(.*)"]
  keys:
    - {id: second-admin, key: second-admin-key, admin: true}
    - {id: one, key: key-of-one-0001, session: one}
    - {id: one-eraser, key: key-of-one-eraser, session: one, actions: {delete: true}}
    - {id: one-reader, key: key-of-one-reader, session: one,
       actions: {send: false, control: false, setting: false}}
    - {id: one-blind, key: key-of-one-blind, session: one, actions: {read: false}}
    - {id: hashed, key: "sha512:)yaml" +
                    sha512_hex("key-of-hashed") + R"yaml(", session: one}
)yaml",
            .env = {},
            .arguments = {}};
  }

 protected:
  void SetUp() override {
    for (const char* name : {"one", "two", "open"}) {
      http_.post("/api/sessions",
                 "{\"name\":" + json_text(name) + ",\"config\":{\"echo\":{\"loginAfterMs\":0}}}");
      ASSERT_TRUE(wait_for_status(http_, name, "WORKING"));
    }
  }

  HttpClient stranger_ = server().client_with("");
};

void expect_unauthorized(const Reply& reply) {
  EXPECT_EQ(reply.status, 401) << reply;
  EXPECT_EQ(reply.json(), R"({"statusCode":401,"message":"Unauthorized"})");
}

void expect_forbidden(const Reply& reply) {
  EXPECT_EQ(reply.status, 403) << reply;
  EXPECT_EQ(reply.json(), R"({"statusCode":403,"message":"Forbidden"})");
}

TEST_F(Keys, NoneOrAWrongOneIs401) {
  HttpClient wrong = server().client_with("wrong");
  for (const char* path : {"/api/sessions", "/api/sessions/one", "/health", "/api/server/status",
                           "/api/nothing", "/api/one/auth/qr", "/api/plugins"}) {
    expect_unauthorized(stranger_.get(path));
    expect_unauthorized(wrong.get(path));
  }
  expect_unauthorized(stranger_.post("/api/sessions", R"({"name":"x"})"));
  expect_unauthorized(stranger_.post("/api/server/stop"));
  const std::string almost = std::string(kTestApiKey).substr(1);
  expect_unauthorized(server().client_with(almost).get("/api/sessions"));
  EXPECT_EQ(stranger_.get("/ping").status, 200);
}

TEST_F(Keys, HeaderAndQueryAndTheHeaderWins) {
  const std::string query = std::string("/api/sessions?x-api-key=") + kTestApiKey;
  EXPECT_EQ(stranger_.get(query).status, 200);
  EXPECT_EQ(stranger_.get("/api/sessions", {{"x-api-key", kTestApiKey}}).status, 200);
  EXPECT_EQ(stranger_.get("/api/sessions", {{"X-API-KEY", kTestApiKey}}).status, 200);
  expect_unauthorized(stranger_.get(query, {{"X-Api-Key", "wrong"}}));
  EXPECT_EQ(stranger_.get("/api/sessions?x-api-key=wrong", {{"X-Api-Key", kTestApiKey}}).status,
            200);
  // The query key is no parameter of the call.
  EXPECT_EQ(stranger_.get(std::string("/api/sessions?all=true&x-api-key=") + kTestApiKey).status,
            200);
}

TEST_F(Keys, AHashedKeyIsGivenInPlain) {
  EXPECT_EQ(server().client_with("key-of-hashed").get("/api/sessions/one").status, 200);
  expect_unauthorized(
      server().client_with("sha512:" + sha512_hex("key-of-hashed")).get("/api/sessions/one"));
  expect_unauthorized(server().client_with(sha512_hex("key-of-hashed")).get("/api/sessions/one"));
}

TEST_F(Keys, ASecondAdministratorMayDoAll) {
  HttpClient admin = server().client_with("second-admin-key");
  EXPECT_EQ(admin.post("/api/sessions", R"({"name":"by-second","start":false})").status, 201);
  EXPECT_EQ(admin.del("/api/sessions/by-second").status, 200);
  EXPECT_EQ(admin.get("/api/plugins").status, 200);
}

TEST_F(Keys, ASessionsKeySeesOnlyIt) {
  HttpClient one = server().client_with("key-of-one-0001");
  for (const char* query : {"", "?all=true"}) {
    const Reply list = one.get(std::string("/api/sessions") + query);
    EXPECT_EQ(list.status, 200);
    EXPECT_EQ(list.json().each("name"), std::vector<std::string>{"one"}) << list;
  }
  EXPECT_EQ(one.get("/api/sessions/one").status, 200);
  EXPECT_EQ(one.get("/api/sessions/one/me").status, 200);
  // What does not exist is not told from what is not his.
  for (const char* name : {"two", "nobody"}) {
    const std::string path = session_path(name);
    for (const Reply& reply :
         {one.get(path), one.get(path + "/me"), one.put(path, "{}"), one.post(path, "{}"),
          one.del(path), one.post(path + "/start"), one.post(path + "/stop"),
          one.post(path + "/restart"), one.post(path + "/logout"), one.get(path + "/capping"),
          one.get("/api/" + std::string(name) + "/auth/qr"),
          one.post("/api/" + std::string(name) + "/auth/request-code",
                   R"({"phoneNumber":"12345"})"),
          one.get("/api/screenshot?session=" + std::string(name)),
          one.post("/api/sessions/stop", "{\"name\":" + json_text(name) + "}"),
          one.post("/api/sessions/start", "{\"name\":" + json_text(name) + "}"),
          one.post("/api/sessions/logout", "{\"name\":" + json_text(name) + "}"),
          one.post("/api/sendText",
                   "{\"session\":" + json_text(name) + ",\"chatId\":\"1@c.us\",\"text\":\"x\"}"),
          one.get("/api/contacts/check-exists?phone=123456&session=" + std::string(name))}) {
      expect_forbidden(reply);
    }
  }
  EXPECT_EQ(status_of(http_, "two"), "WORKING");
}

TEST_F(Keys, ASessionsKeyIsNoAdministrators) {
  HttpClient one = server().client_with("key-of-one-0001");
  expect_forbidden(one.post("/api/sessions", R"({"name":"one"})"));
  expect_forbidden(one.post("/api/sessions", R"({"name":"new"})"));
  expect_forbidden(one.post("/api/server/stop"));
  expect_forbidden(one.get("/api/server/environment"));
  expect_forbidden(one.get("/api/plugins"));
  expect_forbidden(one.del("/api/sessions/one"));  // `delete` is off unless it is given
  expect_forbidden(one.post("/api/sessions/logout", R"({"name":"one"})"));
  expect_forbidden(one.post("/api/sessions/stop", R"({"name":"one","logout":true})"));
  EXPECT_EQ(one.get("/api/server/version").status, 200);
  EXPECT_EQ(one.get("/health").status, 200);
  EXPECT_EQ(status_of(http_, "one"), "WORKING");
}

TEST_F(Keys, ActionsAreWhatAKeyMayDo) {
  HttpClient reader = server().client_with("key-of-one-reader");
  EXPECT_EQ(reader.get("/api/sessions/one").status, 200);
  expect_forbidden(reader.post("/api/sessions/one/restart"));
  expect_forbidden(reader.get("/api/one/auth/qr"));
  expect_forbidden(reader.put("/api/sessions/one", "{}"));
  expect_forbidden(
      reader.post("/api/sendText", R"({"session":"one","chatId":"1@c.us","text":"x"})"));
  EXPECT_EQ(reader.get("/api/contacts/check-exists?phone=123456&session=one").status, 200);

  HttpClient blind = server().client_with("key-of-one-blind");
  expect_forbidden(blind.get("/api/sessions/one"));
  expect_forbidden(blind.get("/api/sessions/one/me"));
  EXPECT_EQ(
      blind.post("/api/sendText", R"({"session":"one","chatId":"12345@c.us","text":"x"})").status,
      201);

  HttpClient eraser = server().client_with("key-of-one-eraser");
  expect_forbidden(eraser.del("/api/sessions/two"));
  EXPECT_EQ(eraser.del("/api/sessions/one").status, 200);
  EXPECT_EQ(status_of(http_, "one"), "(404)");
}

TEST_F(Keys, ExcludedPathsNeedNone) {
  EXPECT_EQ(stranger_.get("/api/server/version").status, 200);
  EXPECT_EQ(stranger_.get("/api/server/version/").status, 200);
  EXPECT_EQ(stranger_.get("/api/sessions/open/me").status, 200);
  expect_unauthorized(stranger_.get("/api/version"));
  expect_unauthorized(stranger_.get("/api/sessions/open"));
  expect_unauthorized(stranger_.get("/api/server/versions"));
}

// Plain and hashed in the environment; the alias wins; exclusions from there as well.
TEST(KeysFromTheEnvironment, HashAliasAndExclusions) {
  ServerProcess server({.yaml = "",
                        .env = {{"WAHA_API_KEY", "not-this-one"},
                                {"WHATSAPP_API_KEY", "sha512:" + sha512_hex("the-hashed-key")},
                                {"WHATSAPP_API_KEY_EXCLUDE_PATH", "health,api/sessions"}},
                        .arguments = {}});
  ASSERT_TRUE(server.start());
  EXPECT_EQ(server.client_with("the-hashed-key").get("/api/version").status, 200);
  expect_unauthorized(server.client_with("not-this-one").get("/api/version"));
  HttpClient stranger = server.client_with("");
  EXPECT_EQ(stranger.get("/health").status, 200);
  EXPECT_EQ(stranger.get("/api/sessions").status, 200);
  expect_unauthorized(stranger.get("/api/sessions/x"));
}

TEST(KeysFromTheEnvironment, NoKeyOpensAll) {
  ServerProcess server({.yaml = "", .env = {{"WAHA_NO_API_KEY", "True"}}, .arguments = {}});
  ASSERT_TRUE(server.start());
  HttpClient stranger = server.client_with("");
  EXPECT_EQ(stranger.post("/api/sessions", R"({"name":"a","start":false})").status, 201);
  EXPECT_EQ(stranger.get("/api/sessions?all=1").json().size(), 1U);
  EXPECT_EQ(server.client_with("whatever").get("/api/sessions").status, 200);
}

// An unset or weak key is replaced by a random one that is shown once, ready to be pasted.
TEST(KeysFromTheEnvironment, AWeakKeyIsReplaced) {
  ServerProcess server({.yaml = "", .env = {{"WAHA_API_KEY", "admin"}}, .arguments = {}});
  ASSERT_TRUE(server.start());
  expect_unauthorized(server.client_with("admin").get("/api/sessions"));
  const std::string log = server.log();
  const auto line = log.find("WAHA_API_KEY=");
  ASSERT_NE(line, std::string::npos) << log;
  const std::string key = log.substr(line + 13, 32);
  EXPECT_EQ(server.client_with(key).get("/api/sessions").status, 200) << key;
}

}  // namespace
}  // namespace waxwing::testing
