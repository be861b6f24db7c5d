// SPDX-License-Identifier: Apache-2.0
// Names, and messages made of arguments.
#include "multidevice/content/draft.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "multidevice/content/reading.hpp"

namespace waxwing::multidevice::content {
namespace {

using Json = nlohmann::json;

const Jid kBob = Jid::of_user("15550002002", server::kUser);

TEST(Names, ChatIds) {
  EXPECT_EQ(chat_id(*Jid::parse("1555:3@s.whatsapp.net")), "1555@c.us");
  EXPECT_EQ(chat_id(*Jid::parse("77@lid")), "77@lid");
  EXPECT_EQ(parse_chat_id("15550002002@c.us"), kBob);
  EXPECT_EQ(parse_chat_id("15550002002@s.whatsapp.net"), kBob);
  EXPECT_EQ(parse_chat_id("+1 (555) 000-2002"), kBob);
  EXPECT_EQ(parse_chat_id("123-456@g.us")->user, "123-456");
  for (const char* wrong : {"", "@", "@c.us", "abc@c.us", "1@example.org", "bob", "12"}) {
    EXPECT_FALSE(parse_chat_id(wrong)) << wrong;
  }
}

TEST(Names, MessageNames) {
  for (const char* text :
       {"true_15550002002@c.us_3EB0AA", "false_77@lid_A", "false_123@g.us_AAAA_15550002002@c.us"}) {
    const auto name = MessageName::parse(text);
    ASSERT_TRUE(name) << text;
    EXPECT_EQ(name->to_string(), text);
  }
  for (const char* wrong : {"", "true_", "true_1@c.us", "yes_1555@c.us_A", "true_1@g.us_A_x",
                            "true_1@c.us_", "true_1@g.us_A_9@g.us"}) {
    EXPECT_FALSE(MessageName::parse(wrong)) << wrong;
  }
}

TEST(Drafts, TextAloneIsAConversation) {
  const Draft draft = text_draft({{"text", "hi"}});
  EXPECT_EQ(draft.message, (Json{{"conversation", "hi"}}));
  EXPECT_EQ(draft.type, "text");
  EXPECT_FALSE(draft.hide_fail);
}

TEST(Drafts, QuotesAndMentionsGoIntoTheContext) {
  Draft draft = text_draft({{"text", "@1 hi"}});
  add_quote(
      draft,
      {"AAA",
       kBob,
       {{"extendedTextMessage", {{"text", "before"}, {"contextInfo", {{"stanzaId", "elder"}}}}},
        {"messageContextInfo", {{"messageSecret", "AA=="}}}}});
  add_mentions(draft, {kBob});
  EXPECT_EQ(draft.message,
            (Json{{"extendedTextMessage",
                   {{"text", "@1 hi"},
                    {"contextInfo",
                     {{"stanzaId", "AAA"},
                      {"participant", "15550002002@s.whatsapp.net"},
                      {"quotedMessage", {{"extendedTextMessage", {{"text", "before"}}}}},
                      {"mentionedJid", {"15550002002@s.whatsapp.net"}}}}}}}));
}

TEST(Drafts, AnUnknownQuoteIsEmpty) {
  Draft draft = text_draft({{"text", "x"}});
  add_quote(draft, {"AAA", kBob, nullptr});
  EXPECT_EQ(text_at(draft.message, "extendedTextMessage.contextInfo.quotedMessage.conversation"),
            "");
}

TEST(Drafts, Places) {
  const Draft draft = location_draft(
      {{"latitude", 38.5}, {"longitude", -77}, {"title", "Office"}, {"address", nullptr}});
  EXPECT_EQ(draft.message,
            (Json{{"locationMessage",
                   {{"degreesLatitude", 38.5}, {"degreesLongitude", -77.0}, {"name", "Office"}}}}));
}

TEST(Drafts, Cards) {
  auto one = contacts_draft(
      {{"contacts",
        {{{"fullName", "Doe, Jane"}, {"organization", "A;B"}, {"phoneNumber", "+91 11111"}}}}});
  ASSERT_TRUE(one);
  EXPECT_EQ(one->mediatype, "vcard");
  EXPECT_EQ(text_at(one->message, "contactMessage.displayName"), "Doe, Jane");
  EXPECT_EQ(text_at(one->message, "contactMessage.vcard"),
            "BEGIN:VCARD\nVERSION:3.0\nFN:Doe\\, Jane\nORG:A\\;B;\n"
            "TEL;type=CELL;type=VOICE;waid=9111111:+91 11111\nEND:VCARD");
  auto two = contacts_draft({{"contacts",
                              {{{"vcard", "BEGIN:VCARD\nFN:A\nEND:VCARD"}},
                               {{"vcard", "BEGIN:VCARD\r\nFN;X=1:B\r\nEND:VCARD"}}}}});
  ASSERT_TRUE(two);
  EXPECT_EQ(two->mediatype, "contact_array");
  const Json& cards = *find_path(two->message, "contactsArrayMessage.contacts");
  EXPECT_EQ(cards[0]["displayName"], "A");
  EXPECT_EQ(cards[1]["displayName"], "B");
  const auto none = contacts_draft({{"contacts", {{{"fullName", "A"}}}}});
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().fault(), Fault::Argument);
}

TEST(Drafts, ReactionsEditsAndRevokesNameTheirTarget) {
  const auto mine = MessageName::parse("true_15550002002@c.us_A").value();
  const auto theirs = MessageName::parse("false_1-2@g.us_B_15550002002@c.us").value();
  const Draft reaction = reaction_draft(theirs, "👍", 1);
  EXPECT_EQ(reaction.type, "reaction");
  EXPECT_TRUE(reaction.hide_fail);
  EXPECT_EQ(*target_key(reaction.message), (Json{{"remoteJid", "1-2@g.us"},
                                                 {"fromMe", false},
                                                 {"id", "B"},
                                                 {"participant", "15550002002@s.whatsapp.net"}}));
  const Draft edit = edit_draft(mine, text_draft({{"text", "new"}}), 5);
  EXPECT_EQ(edit.edit, "1");
  EXPECT_EQ(text_at(edit.message, "protocolMessage.editedMessage.conversation"), "new");
  EXPECT_EQ(meaning(edit.message), Meaning::Edit);
  Draft mentioning = text_draft({{"text", "new, @15550002002"}});
  add_mentions(mentioning, {kBob});
  EXPECT_EQ(*find_path(edit_draft(mine, mentioning, 5).message,
                       "protocolMessage.editedMessage.extendedTextMessage.contextInfo"),
            (Json{{"mentionedJid", {"15550002002@s.whatsapp.net"}}}));
  EXPECT_EQ(revoke_draft(mine).edit, "7");
  EXPECT_EQ(revoke_draft(theirs).edit, "8");
  EXPECT_EQ(meaning(revoke_draft(mine).message), Meaning::Revoke);
}

TEST(Drafts, ForwardsCount) {
  Draft draft =
      forward_draft({{"ephemeralMessage", {{"message", {{"conversation", "x"}}}}}}, "text", "");
  const Json context = *find_path(draft.message, "extendedTextMessage.contextInfo");
  EXPECT_EQ(context, (Json{{"isForwarded", true}, {"forwardingScore", 1U}}));
  draft = forward_draft(draft.message, "text", "");
  EXPECT_EQ(*find_path(draft.message, "extendedTextMessage.contextInfo.forwardingScore"), 2U);
}

}  // namespace
}  // namespace waxwing::multidevice::content
