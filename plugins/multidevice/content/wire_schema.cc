// SPDX-License-Identifier: Apache-2.0
// The fields of waE2E.Message that are read or written here. A fact of the protocol: numbers and
// names are those of WhatsApp Web's public protobuf descriptions. What is not listed is kept as it
// is (wire_json.hpp).
#include "multidevice/content/wire_schema.hpp"

#include <algorithm>

namespace waxwing::multidevice::content {
namespace {

using enum Kind;

constexpr EnumName kPreviewNames[] = {{0, "NONE"}, {1, "VIDEO"}, {4, "PLACEHOLDER"}, {5, "IMAGE"}};
constexpr EnumName kProtocolNames[] = {{0, "REVOKE"},
                                       {3, "EPHEMERAL_SETTING"},
                                       {4, "EPHEMERAL_SYNC_RESPONSE"},
                                       {5, "HISTORY_SYNC_NOTIFICATION"},
                                       {6, "APP_STATE_SYNC_KEY_SHARE"},
                                       {7, "APP_STATE_SYNC_KEY_REQUEST"},
                                       {8, "MSG_FANOUT_BACKFILL_REQUEST"},
                                       {9, "INITIAL_SECURITY_NOTIFICATION_SETTING_SYNC"},
                                       {10, "APP_STATE_FATAL_EXCEPTION_NOTIFICATION"},
                                       {11, "SHARE_PHONE_NUMBER"},
                                       {14, "MESSAGE_EDIT"},
                                       {16, "PEER_DATA_OPERATION_REQUEST_MESSAGE"},
                                       {17, "PEER_DATA_OPERATION_REQUEST_RESPONSE_MESSAGE"},
                                       {22, "LID_MIGRATION_MAPPING_SYNC"},
                                       {30, "GROUP_MEMBER_LABEL_CHANGE"}};

constexpr Field kMessageKeyFields[] = {
    {.number = 1, .name = "remoteJid", .kind = Text, .go_name = "remoteJID"},
    {.number = 2, .name = "fromMe", .kind = Bool},
    {.number = 3, .name = "id", .kind = Text, .go_name = "ID"},
    {.number = 4, .name = "participant", .kind = Text},
};
constexpr Type kMessageKey = {"MessageKey", kMessageKeyFields};

constexpr Field kAdReplyFields[] = {
    {.number = 1, .name = "title", .kind = Text},
    {.number = 2, .name = "body", .kind = Text},
    {.number = 3, .name = "mediaType", .kind = Number},
    {.number = 4, .name = "thumbnailUrl", .kind = Text, .go_name = "thumbnailURL"},
    {.number = 5, .name = "mediaUrl", .kind = Text, .go_name = "mediaURL"},
    {.number = 6, .name = "thumbnail", .kind = Octets},
    {.number = 7, .name = "sourceType", .kind = Text},
    {.number = 8, .name = "sourceId", .kind = Text, .go_name = "sourceID"},
    {.number = 9, .name = "sourceUrl", .kind = Text, .go_name = "sourceURL"},
};
constexpr Type kAdReply = {"AdReply", kAdReplyFields};

constexpr Field kDisappearingModeFields[] = {
    {.number = 1, .name = "initiator", .kind = Number},
    {.number = 2, .name = "trigger", .kind = Number},
    {.number = 3, .name = "initiatorDeviceJid", .kind = Text, .go_name = "initiatorDeviceJID"},
    {.number = 4, .name = "initiatedByMe", .kind = Bool},
};
constexpr Type kDisappearingMode = {"DisappearingMode", kDisappearingModeFields};

constexpr Field kGroupMentionFields[] = {
    {.number = 1, .name = "groupJid", .kind = Text, .go_name = "groupJID"},
    {.number = 2, .name = "groupSubject", .kind = Text},
};
constexpr Type kGroupMention = {"GroupMention", kGroupMentionFields};

constexpr Field kContextInfoFields[] = {
    {.number = 1, .name = "stanzaId", .kind = Text, .go_name = "stanzaID"},
    {.number = 2, .name = "participant", .kind = Text},
    {.number = 3, .name = "quotedMessage", .kind = Message, .type = &kMessage},
    {.number = 4, .name = "remoteJid", .kind = Text, .go_name = "remoteJID"},
    {.number = 15,
     .name = "mentionedJid",
     .kind = Text,
     .repeated = true,
     .go_name = "mentionedJID"},
    {.number = 18, .name = "conversionSource", .kind = Text},
    {.number = 19, .name = "conversionData", .kind = Octets},
    {.number = 20, .name = "conversionDelaySeconds", .kind = Number},
    {.number = 21, .name = "forwardingScore", .kind = Number},
    {.number = 22, .name = "isForwarded", .kind = Bool},
    {.number = 24, .name = "placeholderKey", .kind = Message, .type = &kMessageKey},
    {.number = 25, .name = "expiration", .kind = Number},
    {.number = 26, .name = "ephemeralSettingTimestamp", .kind = Signed},
    {.number = 27, .name = "ephemeralSharedSecret", .kind = Octets},
    {.number = 28, .name = "externalAdReply", .kind = Message, .type = &kAdReply},
    {.number = 32, .name = "disappearingMode", .kind = Message, .type = &kDisappearingMode},
    {.number = 40,
     .name = "groupMentions",
     .kind = Message,
     .repeated = true,
     .type = &kGroupMention},
};
constexpr Type kContextInfo = {"ContextInfo", kContextInfoFields};

constexpr Field kSenderKeyDistributionFields[] = {
    {.number = 1, .name = "groupId", .kind = Text, .go_name = "groupID"},
    {.number = 2, .name = "axolotlSenderKeyDistributionMessage", .kind = Octets},
};
constexpr Type kSenderKeyDistribution = {"SenderKeyDistribution", kSenderKeyDistributionFields};

constexpr Field kImageFields[] = {
    {.number = 1, .name = "url", .kind = Text, .go_name = "URL"},
    {.number = 2, .name = "mimetype", .kind = Text},
    {.number = 3, .name = "caption", .kind = Text},
    {.number = 4, .name = "fileSha256", .kind = Octets, .go_name = "fileSHA256"},
    {.number = 5, .name = "fileLength", .kind = Number},
    {.number = 6, .name = "height", .kind = Number},
    {.number = 7, .name = "width", .kind = Number},
    {.number = 8, .name = "mediaKey", .kind = Octets},
    {.number = 9, .name = "fileEncSha256", .kind = Octets, .go_name = "fileEncSHA256"},
    {.number = 11, .name = "directPath", .kind = Text},
    {.number = 12, .name = "mediaKeyTimestamp", .kind = Signed},
    {.number = 16, .name = "jpegThumbnail", .kind = Octets, .go_name = "JPEGThumbnail"},
    {.number = 17, .name = "contextInfo", .kind = Message, .type = &kContextInfo},
    {.number = 18, .name = "firstScanSidecar", .kind = Octets},
    {.number = 19, .name = "firstScanLength", .kind = Number},
    {.number = 21, .name = "scansSidecar", .kind = Octets},
    {.number = 22, .name = "scanLengths", .kind = Number, .repeated = true},
    {.number = 25, .name = "viewOnce", .kind = Bool},
};
constexpr Type kImage = {"Image", kImageFields};

constexpr Field kContactFields[] = {
    {.number = 1, .name = "displayName", .kind = Text},
    {.number = 16, .name = "vcard", .kind = Text},
    {.number = 17, .name = "contextInfo", .kind = Message, .type = &kContextInfo},
};
constexpr Type kContact = {"Contact", kContactFields};

constexpr Field kLocationFields[] = {
    {.number = 1, .name = "degreesLatitude", .kind = Double},
    {.number = 2, .name = "degreesLongitude", .kind = Double},
    {.number = 3, .name = "name", .kind = Text},
    {.number = 4, .name = "address", .kind = Text},
    {.number = 5, .name = "url", .kind = Text, .go_name = "URL"},
    {.number = 6, .name = "isLive", .kind = Bool},
    {.number = 7, .name = "accuracyInMeters", .kind = Number},
    {.number = 8, .name = "speedInMps", .kind = Float},
    {.number = 9, .name = "degreesClockwiseFromMagneticNorth", .kind = Number},
    {.number = 11, .name = "comment", .kind = Text},
    {.number = 16, .name = "jpegThumbnail", .kind = Octets, .go_name = "JPEGThumbnail"},
    {.number = 17, .name = "contextInfo", .kind = Message, .type = &kContextInfo},
};
constexpr Type kLocation = {"Location", kLocationFields};

constexpr Field kExtendedTextFields[] = {
    {.number = 1, .name = "text", .kind = Text},
    {.number = 2, .name = "matchedText", .kind = Text},
    {.number = 5, .name = "description", .kind = Text},
    {.number = 6, .name = "title", .kind = Text},
    {.number = 7, .name = "textArgb", .kind = Fixed, .go_name = "textARGB"},
    {.number = 8, .name = "backgroundArgb", .kind = Fixed, .go_name = "backgroundARGB"},
    {.number = 9, .name = "font", .kind = Number},
    {.number = 10, .name = "previewType", .kind = Enum, .names = kPreviewNames},
    {.number = 16, .name = "jpegThumbnail", .kind = Octets, .go_name = "JPEGThumbnail"},
    {.number = 17, .name = "contextInfo", .kind = Message, .type = &kContextInfo},
    {.number = 18, .name = "doNotPlayInline", .kind = Bool},
    {.number = 19, .name = "thumbnailDirectPath", .kind = Text},
    {.number = 20, .name = "thumbnailSha256", .kind = Octets, .go_name = "thumbnailSHA256"},
    {.number = 21, .name = "thumbnailEncSha256", .kind = Octets, .go_name = "thumbnailEncSHA256"},
    {.number = 22, .name = "mediaKey", .kind = Octets},
    {.number = 23, .name = "mediaKeyTimestamp", .kind = Signed},
    {.number = 24, .name = "thumbnailHeight", .kind = Number},
    {.number = 25, .name = "thumbnailWidth", .kind = Number},
};
constexpr Type kExtendedText = {"ExtendedText", kExtendedTextFields};

constexpr Field kDocumentFields[] = {
    {.number = 1, .name = "url", .kind = Text, .go_name = "URL"},
    {.number = 2, .name = "mimetype", .kind = Text},
    {.number = 3, .name = "title", .kind = Text},
    {.number = 4, .name = "fileSha256", .kind = Octets, .go_name = "fileSHA256"},
    {.number = 5, .name = "fileLength", .kind = Number},
    {.number = 6, .name = "pageCount", .kind = Number},
    {.number = 7, .name = "mediaKey", .kind = Octets},
    {.number = 8, .name = "fileName", .kind = Text},
    {.number = 9, .name = "fileEncSha256", .kind = Octets, .go_name = "fileEncSHA256"},
    {.number = 10, .name = "directPath", .kind = Text},
    {.number = 11, .name = "mediaKeyTimestamp", .kind = Signed},
    {.number = 12, .name = "contactVcard", .kind = Bool},
    {.number = 16, .name = "jpegThumbnail", .kind = Octets, .go_name = "JPEGThumbnail"},
    {.number = 17, .name = "contextInfo", .kind = Message, .type = &kContextInfo},
    {.number = 20, .name = "caption", .kind = Text},
};
constexpr Type kDocument = {"Document", kDocumentFields};

constexpr Field kAudioFields[] = {
    {.number = 1, .name = "url", .kind = Text, .go_name = "URL"},
    {.number = 2, .name = "mimetype", .kind = Text},
    {.number = 3, .name = "fileSha256", .kind = Octets, .go_name = "fileSHA256"},
    {.number = 4, .name = "fileLength", .kind = Number},
    {.number = 5, .name = "seconds", .kind = Number},
    {.number = 6, .name = "ptt", .kind = Bool, .go_name = "PTT"},
    {.number = 7, .name = "mediaKey", .kind = Octets},
    {.number = 8, .name = "fileEncSha256", .kind = Octets, .go_name = "fileEncSHA256"},
    {.number = 9, .name = "directPath", .kind = Text},
    {.number = 10, .name = "mediaKeyTimestamp", .kind = Signed},
    {.number = 17, .name = "contextInfo", .kind = Message, .type = &kContextInfo},
    {.number = 18, .name = "streamingSidecar", .kind = Octets},
    {.number = 19, .name = "waveform", .kind = Octets},
    {.number = 21, .name = "viewOnce", .kind = Bool},
};
constexpr Type kAudio = {"Audio", kAudioFields};

constexpr Field kVideoFields[] = {
    {.number = 1, .name = "url", .kind = Text, .go_name = "URL"},
    {.number = 2, .name = "mimetype", .kind = Text},
    {.number = 3, .name = "fileSha256", .kind = Octets, .go_name = "fileSHA256"},
    {.number = 4, .name = "fileLength", .kind = Number},
    {.number = 5, .name = "seconds", .kind = Number},
    {.number = 6, .name = "mediaKey", .kind = Octets},
    {.number = 7, .name = "caption", .kind = Text},
    {.number = 8, .name = "gifPlayback", .kind = Bool},
    {.number = 9, .name = "height", .kind = Number},
    {.number = 10, .name = "width", .kind = Number},
    {.number = 11, .name = "fileEncSha256", .kind = Octets, .go_name = "fileEncSHA256"},
    {.number = 13, .name = "directPath", .kind = Text},
    {.number = 14, .name = "mediaKeyTimestamp", .kind = Signed},
    {.number = 16, .name = "jpegThumbnail", .kind = Octets, .go_name = "JPEGThumbnail"},
    {.number = 17, .name = "contextInfo", .kind = Message, .type = &kContextInfo},
    {.number = 18, .name = "streamingSidecar", .kind = Octets},
    {.number = 19, .name = "gifAttribution", .kind = Number},
    {.number = 20, .name = "viewOnce", .kind = Bool},
};
constexpr Type kVideo = {"Video", kVideoFields};

constexpr Field kCallFields[] = {
    {.number = 1, .name = "callKey", .kind = Octets},
};
constexpr Type kCall = {"Call", kCallFields};

constexpr Field kProtocolFields[] = {
    {.number = 1, .name = "key", .kind = Message, .type = &kMessageKey},
    {.number = 2, .name = "type", .kind = Enum, .names = kProtocolNames},
    {.number = 4, .name = "ephemeralExpiration", .kind = Number},
    {.number = 5, .name = "ephemeralSettingTimestamp", .kind = Signed},
    {.number = 11, .name = "disappearingMode", .kind = Message, .type = &kDisappearingMode},
    {.number = 14, .name = "editedMessage", .kind = Message, .type = &kMessage},
    {.number = 15, .name = "timestampMs", .kind = Signed, .go_name = "timestampMS"},
};
constexpr Type kProtocol = {"Protocol", kProtocolFields};

constexpr Field kContactsArrayFields[] = {
    {.number = 1, .name = "displayName", .kind = Text},
    {.number = 2, .name = "contacts", .kind = Message, .repeated = true, .type = &kContact},
    {.number = 17, .name = "contextInfo", .kind = Message, .type = &kContextInfo},
};
constexpr Type kContactsArray = {"ContactsArray", kContactsArrayFields};

constexpr Field kLiveLocationFields[] = {
    {.number = 1, .name = "degreesLatitude", .kind = Double},
    {.number = 2, .name = "degreesLongitude", .kind = Double},
    {.number = 3, .name = "accuracyInMeters", .kind = Number},
    {.number = 4, .name = "speedInMps", .kind = Float},
    {.number = 5, .name = "degreesClockwiseFromMagneticNorth", .kind = Number},
    {.number = 6, .name = "caption", .kind = Text},
    {.number = 7, .name = "sequenceNumber", .kind = Signed},
    {.number = 8, .name = "timeOffset", .kind = Number},
    {.number = 16, .name = "jpegThumbnail", .kind = Octets, .go_name = "JPEGThumbnail"},
    {.number = 17, .name = "contextInfo", .kind = Message, .type = &kContextInfo},
};
constexpr Type kLiveLocation = {"LiveLocation", kLiveLocationFields};

constexpr Field kStickerFields[] = {
    {.number = 1, .name = "url", .kind = Text, .go_name = "URL"},
    {.number = 2, .name = "fileSha256", .kind = Octets, .go_name = "fileSHA256"},
    {.number = 3, .name = "fileEncSha256", .kind = Octets, .go_name = "fileEncSHA256"},
    {.number = 4, .name = "mediaKey", .kind = Octets},
    {.number = 5, .name = "mimetype", .kind = Text},
    {.number = 6, .name = "height", .kind = Number},
    {.number = 7, .name = "width", .kind = Number},
    {.number = 8, .name = "directPath", .kind = Text},
    {.number = 9, .name = "fileLength", .kind = Number},
    {.number = 10, .name = "mediaKeyTimestamp", .kind = Signed},
    {.number = 13, .name = "isAnimated", .kind = Bool},
    {.number = 16, .name = "pngThumbnail", .kind = Octets},
    {.number = 17, .name = "contextInfo", .kind = Message, .type = &kContextInfo},
};
constexpr Type kSticker = {"Sticker", kStickerFields};

constexpr Field kGroupInviteFields[] = {
    {.number = 1, .name = "groupJid", .kind = Text, .go_name = "groupJID"},
    {.number = 2, .name = "inviteCode", .kind = Text},
    {.number = 3, .name = "inviteExpiration", .kind = Signed},
    {.number = 4, .name = "groupName", .kind = Text},
    {.number = 5, .name = "jpegThumbnail", .kind = Octets, .go_name = "JPEGThumbnail"},
    {.number = 6, .name = "caption", .kind = Text},
    {.number = 7, .name = "contextInfo", .kind = Message, .type = &kContextInfo},
};
constexpr Type kGroupInvite = {"GroupInvite", kGroupInviteFields};

constexpr Field kDeviceListMetadataFields[] = {
    {.number = 1, .name = "senderKeyHash", .kind = Octets},
    {.number = 2, .name = "senderTimestamp", .kind = Number},
    {.number = 8, .name = "recipientKeyHash", .kind = Octets},
    {.number = 9, .name = "recipientTimestamp", .kind = Number},
};
constexpr Type kDeviceListMetadata = {"DeviceListMetadata", kDeviceListMetadataFields};

constexpr Field kMessageContextInfoFields[] = {
    {.number = 1, .name = "deviceListMetadata", .kind = Message, .type = &kDeviceListMetadata},
    {.number = 2, .name = "deviceListMetadataVersion", .kind = Signed},
    {.number = 3, .name = "messageSecret", .kind = Octets},
    {.number = 4, .name = "paddingBytes", .kind = Octets},
    {.number = 5, .name = "messageAddOnDurationInSecs", .kind = Number},
    {.number = 6, .name = "botMessageSecret", .kind = Octets},
    {.number = 8, .name = "reportingTokenVersion", .kind = Signed},
};
constexpr Type kMessageContextInfo = {"MessageContextInfo", kMessageContextInfoFields};

constexpr Field kFutureProofFields[] = {
    {.number = 1, .name = "message", .kind = Message, .type = &kMessage},
};
constexpr Type kFutureProof = {"FutureProof", kFutureProofFields};

constexpr Field kReactionFields[] = {
    {.number = 1, .name = "key", .kind = Message, .type = &kMessageKey},
    {.number = 2, .name = "text", .kind = Text},
    {.number = 3, .name = "groupingKey", .kind = Text},
    {.number = 4, .name = "senderTimestampMs", .kind = Signed, .go_name = "senderTimestampMS"},
};
constexpr Type kReaction = {"Reaction", kReactionFields};

constexpr Field kPollOptionFields[] = {
    {.number = 1, .name = "optionName", .kind = Text},
};
constexpr Type kPollOption = {"PollOption", kPollOptionFields};

constexpr Field kPollCreationFields[] = {
    {.number = 1, .name = "encKey", .kind = Octets},
    {.number = 2, .name = "name", .kind = Text},
    {.number = 3, .name = "options", .kind = Message, .repeated = true, .type = &kPollOption},
    {.number = 4, .name = "selectableOptionsCount", .kind = Number},
    {.number = 5, .name = "contextInfo", .kind = Message, .type = &kContextInfo},
};
constexpr Type kPollCreation = {"PollCreation", kPollCreationFields};

constexpr Field kEncryptedValueFields[] = {
    {.number = 1, .name = "encPayload", .kind = Octets},
    {.number = 2, .name = "encIv", .kind = Octets, .go_name = "encIV"},
};
constexpr Type kEncryptedValue = {"EncryptedValue", kEncryptedValueFields};

constexpr Field kPollUpdateFields[] = {
    {.number = 1, .name = "pollCreationMessageKey", .kind = Message, .type = &kMessageKey},
    {.number = 2, .name = "vote", .kind = Message, .type = &kEncryptedValue},
    {.number = 4, .name = "senderTimestampMs", .kind = Signed, .go_name = "senderTimestampMS"},
};
constexpr Type kPollUpdate = {"PollUpdate", kPollUpdateFields};

constexpr Field kKeepInChatFields[] = {
    {.number = 1, .name = "key", .kind = Message, .type = &kMessageKey},
    {.number = 2, .name = "keepType", .kind = Number},
    {.number = 3, .name = "timestampMs", .kind = Signed, .go_name = "timestampMS"},
};
constexpr Type kKeepInChat = {"KeepInChat", kKeepInChatFields};

constexpr Field kPinInChatFields[] = {
    {.number = 1, .name = "key", .kind = Message, .type = &kMessageKey},
    {.number = 2, .name = "type", .kind = Number},
    {.number = 3, .name = "senderTimestampMs", .kind = Signed, .go_name = "senderTimestampMS"},
};
constexpr Type kPinInChat = {"PinInChat", kPinInChatFields};

constexpr Field kEncReactionFields[] = {
    {.number = 1, .name = "targetMessageKey", .kind = Message, .type = &kMessageKey},
    {.number = 2, .name = "encPayload", .kind = Octets},
    {.number = 3, .name = "encIv", .kind = Octets, .go_name = "encIV"},
};
constexpr Type kEncReaction = {"EncReaction", kEncReactionFields};

constexpr Field kSecretEncryptedFields[] = {
    {.number = 1, .name = "targetMessageKey", .kind = Message, .type = &kMessageKey},
    {.number = 2, .name = "encPayload", .kind = Octets},
    {.number = 3, .name = "encIv", .kind = Octets, .go_name = "encIV"},
    {.number = 4, .name = "secretEncType", .kind = Number},
};
constexpr Type kSecretEncrypted = {"SecretEncrypted", kSecretEncryptedFields};

constexpr Field kMessageFields[] = {
    {.number = 1, .name = "conversation", .kind = Text},
    {.number = 2,
     .name = "senderKeyDistributionMessage",
     .kind = Message,
     .type = &kSenderKeyDistribution},
    {.number = 3, .name = "imageMessage", .kind = Message, .type = &kImage},
    {.number = 4, .name = "contactMessage", .kind = Message, .type = &kContact},
    {.number = 5, .name = "locationMessage", .kind = Message, .type = &kLocation},
    {.number = 6, .name = "extendedTextMessage", .kind = Message, .type = &kExtendedText},
    {.number = 7, .name = "documentMessage", .kind = Message, .type = &kDocument},
    {.number = 8, .name = "audioMessage", .kind = Message, .type = &kAudio},
    {.number = 9, .name = "videoMessage", .kind = Message, .type = &kVideo},
    {.number = 10, .name = "call", .kind = Message, .type = &kCall},
    {.number = 12, .name = "protocolMessage", .kind = Message, .type = &kProtocol},
    {.number = 13, .name = "contactsArrayMessage", .kind = Message, .type = &kContactsArray},
    {.number = 15,
     .name = "fastRatchetKeySenderKeyDistributionMessage",
     .kind = Message,
     .type = &kSenderKeyDistribution},
    {.number = 18, .name = "liveLocationMessage", .kind = Message, .type = &kLiveLocation},
    {.number = 26, .name = "stickerMessage", .kind = Message, .type = &kSticker},
    {.number = 28, .name = "groupInviteMessage", .kind = Message, .type = &kGroupInvite},
    {.number = 35, .name = "messageContextInfo", .kind = Message, .type = &kMessageContextInfo},
    {.number = 37, .name = "viewOnceMessage", .kind = Message, .type = &kFutureProof},
    {.number = 40, .name = "ephemeralMessage", .kind = Message, .type = &kFutureProof},
    {.number = 46, .name = "reactionMessage", .kind = Message, .type = &kReaction},
    {.number = 49, .name = "pollCreationMessage", .kind = Message, .type = &kPollCreation},
    {.number = 50, .name = "pollUpdateMessage", .kind = Message, .type = &kPollUpdate},
    {.number = 51, .name = "keepInChatMessage", .kind = Message, .type = &kKeepInChat},
    {.number = 53, .name = "documentWithCaptionMessage", .kind = Message, .type = &kFutureProof},
    {.number = 55, .name = "viewOnceMessageV2", .kind = Message, .type = &kFutureProof},
    {.number = 56, .name = "encReactionMessage", .kind = Message, .type = &kEncReaction},
    {.number = 58, .name = "editedMessage", .kind = Message, .type = &kFutureProof},
    {.number = 59, .name = "viewOnceMessageV2Extension", .kind = Message, .type = &kFutureProof},
    {.number = 60, .name = "pollCreationMessageV2", .kind = Message, .type = &kPollCreation},
    {.number = 62, .name = "groupMentionedMessage", .kind = Message, .type = &kFutureProof},
    {.number = 63, .name = "pinInChatMessage", .kind = Message, .type = &kPinInChat},
    {.number = 64, .name = "pollCreationMessageV3", .kind = Message, .type = &kPollCreation},
    {.number = 66, .name = "ptvMessage", .kind = Message, .type = &kVideo},
    {.number = 67, .name = "botInvokeMessage", .kind = Message, .type = &kFutureProof},
    {.number = 74, .name = "lottieStickerMessage", .kind = Message, .type = &kFutureProof},
    {.number = 82, .name = "secretEncryptedMessage", .kind = Message, .type = &kSecretEncrypted},
    {.number = 91, .name = "associatedChildMessage", .kind = Message, .type = &kFutureProof},
};
}  // namespace

const Type kMessage = {"Message", kMessageFields};

const Field* Type::find(std::uint32_t number) const {
  const auto it = std::lower_bound(
      fields.begin(), fields.end(), number,
      [](const Field& field, std::uint32_t wanted) { return field.number < wanted; });
  return it == fields.end() || it->number != number ? nullptr : &*it;
}

const Field* Type::find(std::string_view wanted) const {
  const auto it = std::find_if(fields.begin(), fields.end(),
                               [&](const Field& field) { return field.name == wanted; });
  return it == fields.end() ? nullptr : &*it;
}

}  // namespace waxwing::multidevice::content
