// SPDX-License-Identifier: Apache-2.0
// Operations of groups, through wa-js, and what their notices tell.
//
// An expression, as messaging.js is: a function that takes messaging.js's helpers and gives {operations, notice}.
(helpers) => {
  'use strict';
  const {attempt, need_connection, person, plain, refuse, text} = helpers;
  const DONE = {result: true};
  const REFUSED = {403: 403, 404: 404, 408: 408, 409: 409};

  // With its members as WhatsApp has them now.
  async function group_of(id) {
    need_connection();
    if (!id.endsWith('@g.us')) refuse('invalid', 'id must be the id of a group, such as 123456789@g.us');
    const chat = attempt(() => WPP.whatsapp.ChatStore.get(id));
    if (!chat) refuse('not_found', 'there is no such group');
    await WPP.group.ensureGroup(id);
    return chat;
  }
  const role_of = (member) => (member.isSuperAdmin ? 'superadmin' : member.isAdmin ? 'admin' : 'participant');
  const members_of = (chat) => chat.groupMetadata?.participants?.getModelsArray() ?? [];

  // As whatsapp-web.js has a chat that is a group.
  function shape(chat, bare = false) {
    const groupMetadata = {...plain(chat.groupMetadata)};
    delete groupMetadata.participants;
    if (!bare) groupMetadata.participants = members_of(chat).map(plain);
    return {
      id: plain(chat.id), name: chat.groupMetadata?.subject ?? chat.name ?? '', isGroup: true,
      isReadOnly: Boolean(chat.isReadOnly), unreadCount: chat.unreadCount ?? 0, timestamp: chat.t ?? null, groupMetadata,
    };
  }
  const ids_of = (participants) => participants.map(({id}) => id);
  const own_place = (chat) => {
    const me = [attempt(() => WPP.conn.getMyUserId()), attempt(() => WPP.conn.getMyUserLid())].map(text);
    return members_of(chat).find((member) => me.includes(text(member.id)));
  };
  // Without those that the account has left.
  function all() {
    need_connection();
    return WPP.whatsapp.ChatStore.getModelsArray().filter((chat) =>
        attempt(() => chat.id.isGroup()) && (members_of(chat).length === 0 || own_place(chat)));
  }
  function need_admin(chat) {
    const me = own_place(chat);
    if (!me) refuse('state', 'the account is no member of the group');
    if (!me.isAdmin && !me.isSuperAdmin) refuse('state', 'the account is no admin of the group');
  }
  const outcome = (id, status = 200) => ({...person(WPP.whatsapp.WidFactory.createWid(id)), id, status});

  // One by one, so that one who cannot be changed does not stop the others.
  async function change(id, participants, act, wanted) {
    const chat = await group_of(id);
    need_admin(chat);
    const out = [];
    for (const who of ids_of(participants)) {
      const names = Object.values(person(WPP.whatsapp.WidFactory.createWid(who)));
      const member = members_of(chat).find((each) => names.includes(text(each.id)));
      if (!member) {
        out.push(outcome(who, 404));
      } else {
        if (wanted(member)) await act(chat.id, text(member.id));
        out.push(outcome(who));
      }
    }
    return out;
  }

  // Notices ------------------------------------------------------------------------------------------------------

  // What a notice in a group's chat is about, by its subtype; the others are of the group itself.
  const COMES = ['add', 'invite', 'linked_group_join', 'accept'];
  const KINDS = {remove: 'leave', leave: 'leave', promote: 'promote', demote: 'demote'};
  const ROLES = {leave: 'left', promote: 'admin'};
  const inside = new Set();  // groups that the account was told to have joined

  function whole(chat) {
    const about = chat.groupMetadata ?? {};
    return {
      subject: about.subject ?? chat.name ?? '', description: about.desc ?? '',
      membersCanAddNewMember: about.memberAddMode !== 'admin_add', membersCanSendMessages: !about.announce,
      newMembersApprovalRequired: Boolean(about.membershipApprovalMode),
      participants: members_of(chat).map((member) => ({...person(member.id), id: text(member.id), role: role_of(member)})),
    };
  }
  function change_of({subtype, body}, now) {
    switch (subtype) {
      case 'subject': return {subject: body ?? now.subject};
      case 'description': return {description: now.description};
      case 'announce': return {membersCanSendMessages: now.membersCanSendMessages};
      case 'member_add_mode': return {membersCanAddNewMember: now.membersCanAddNewMember};
      case 'membership_approval_mode': return {newMembersApprovalRequired: now.newMembersApprovalRequired};
      default: return {};
    }
  }
  // Of a message of type gp2: events, each {kind, chat, timestamp, …}.
  async function notice(message) {
    const id = text(message.id.remote);
    const {subtype, t: timestamp} = message;
    const about = {chat: id, timestamp, data: plain(message)};
    const people = message.recipients?.length ? message.recipients : [message.author].filter(Boolean);
    const me = [attempt(() => WPP.conn.getMyUserId()), attempt(() => WPP.conn.getMyUserLid())].map(text);
    const of_me = people.some((who) => me.includes(text(who)));
    const kind = COMES.includes(subtype) ? 'join' : KINDS[subtype];
    const out = [];
    if (kind !== 'leave') await WPP.group.ensureGroup(id).catch(() => {});
    const chat = attempt(() => WPP.whatsapp.ChatStore.get(id)) ?? {id};
    if (subtype === 'create' || kind === 'join' && of_me) {
      if (!inside.has(id)) out.push({...about, kind: 'join', group: whole(chat)});
      inside.add(id);
    } else if (kind === 'leave' && of_me) {
      inside.delete(id);
      out.push({...about, kind: 'leave'});
    }
    if (kind) {
      const role = ROLES[kind] ?? 'participant';
      const participants = people.map((who) => ({...person(who), id: text(who), role}));
      out.push({...about, kind: 'participants', type: kind, participants});
    } else if (subtype !== 'create') {
      out.push({...about, kind: 'update', group: change_of(message, whole(chat))});
    }
    return out;
  }

  const operations = {
    async 'groups.create'({name, participants}) {
      need_connection();
      const made = await WPP.group.create(name, ids_of(participants));
      return shape(await group_of(text(made.gid)));
    },
    async 'groups.list'({sortBy, sortOrder, limit, offset, exclude}) {
      const key = (chat) => (sortBy === 'subject' ? chat.groupMetadata?.subject ?? '' : text(chat.id));
      const sorted = all().sort((a, b) => key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0);
      if (sortOrder === 'desc') sorted.reverse();
      const from = offset ?? 0;
      const bare = (exclude ?? []).includes('participants');
      return sorted.slice(from, limit ? from + limit : undefined).map((chat) => shape(chat, bare));
    },
    'groups.count': async () => ({count: all().length}),
    async 'groups.refresh'() {
      for (const chat of all()) await WPP.group.ensureGroup(text(chat.id));
      return DONE;
    },
    'groups.get': async ({id}) => shape(await group_of(id)),
    'groups.participants': async ({id}) => members_of(await group_of(id)).map(plain),
    'groups.participantsV2': async ({id}) =>
        members_of(await group_of(id)).map((member) => ({...person(member.id), id: text(member.id), role: role_of(member)})),
    async 'groups.leave'({id}) {
      await group_of(id);
      await WPP.group.leave(id);
      return DONE;
    },
    async 'groups.setSubject'({id, subject}) {
      await group_of(id);
      await WPP.group.setSubject(id, subject);
      return DONE;
    },
    async 'groups.setDescription'({id, description}) {
      await group_of(id);
      await WPP.group.setDescription(id, description);
      return DONE;
    },
    async 'groups.addParticipants'({id, participants}) {
      await group_of(id);
      const out = [];
      for (const who of ids_of(participants)) {
        const result = Object.values(await WPP.group.addParticipants(id, [who]))[0];
        out.push(outcome(who, REFUSED[result?.code] ?? 200));
      }
      return out;
    },
    'groups.removeParticipants': ({id, participants}) =>
        change(id, participants, (chat, who) => WPP.group.removeParticipants(chat, who), () => true),
    'groups.promote': ({id, participants}) =>
        change(id, participants, (chat, who) => WPP.group.promoteParticipants(chat, who), (member) => !member.isAdmin),
    'groups.demote': ({id, participants}) =>
        change(id, participants, (chat, who) => WPP.group.demoteParticipants(chat, who), (member) => member.isAdmin),
  };
  return {operations, notice};
}
