// SPDX-License-Identifier: Apache-2.0
// The page's groups: what is known of them, and how they are made and changed. Queries are stanzas in JSON.
'use strict';

class Participant extends Model {}
Participant.prototype.proxyName = 'participant';
class ParticipantCollection extends Collection {
  mine() { return this.find((member) => isMe(member.id)); }
  iAmMember() { return Boolean(this.mine()); }
  iAmAdmin() { return Boolean(this.mine()?.isAdmin); }
  canAdd() { return this.iAmMember(); }
  canRemove(member) { return this.iAmAdmin() && !member.isSuperAdmin; }
  canPromote(member) { return this.iAmAdmin() && !member.isAdmin; }
  canDemote(member) { return this.iAmAdmin() && member.isAdmin && !member.isSuperAdmin; }
}
class GroupMetadata extends Model {
  canSetSubject() { return this.participants.iAmMember(); }
  canSetDescription() { return this.participants.iAmMember(); }
}
GroupMetadata.prototype.proxyName = 'group-metadata';

const childOf = (node, tag) => node?.children?.find((child) => child.tag === tag);
async function query(type, to, child) {
  const answer = await account.ask('query', {iq: {
    tag: 'iq', attrs: {type, to, id: await MsgKey.newId(), xmlns: 'w:g2'}, children: [child],
  }});
  const error = childOf(answer.iq, 'error');
  if (error) throw Object.assign(new Error(error.attrs.text), {status: Number(error.attrs.code)});
  return answer.iq.children[0];
}

const groupMetadata = new (class GroupMetadataCollection extends Collection {
  _handleParentGroupChange() {}
  async find(id) {
    return this.take(await query('get', String(id), {tag: 'query', attrs: {request: 'interactive'}}));
  }
  // <group/>, whole.
  take(node) {
    const id = new Wid(`${node.attrs.id.split('@')[0]}@g.us`);
    const [model] = this.add({id, participants: new ParticipantCollection(Participant), stale: true});
    const description = childOf(node, 'description');
    model.set({
      subject: node.attrs.subject, creation: Number(node.attrs.creation), owner: widOf(node.attrs.creator),
      desc: childOf(description, 'body')?.text ?? '', descId: description?.attrs.id,
      announce: Boolean(childOf(node, 'announcement')), restrict: Boolean(childOf(node, 'locked')),
      isLidAddressingMode: node.attrs.addressing_mode === 'lid', memberAddMode: 'all_member_add', stale: false,
    });
    model.participants._models = [];
    for (const {tag, attrs} of node.children) {
      if (tag !== 'participant') continue;
      const wid = widOf(attrs.jid);
      if (attrs.phone_number) meet({pn: String(widOf(attrs.phone_number)), lid: String(wid), name: ''});
      model.participants.add({id: wid, isAdmin: Boolean(attrs.type), isSuperAdmin: attrs.type === 'superadmin'});
    }
    const chat = chatOf(id);
    chat.set({name: model.subject, formattedTitle: model.subject, groupMetadata: model});
    return model;
  }
})(GroupMetadata);

async function findGroups() {
  const list = await query('get', 'g.us', {tag: 'participating', attrs: {}});
  for (const node of list.children ?? []) groupMetadata.take(node);
}

// A change that somebody else made: the page shows it in the group's chat.
async function heardOfGroup({attrs, children}) {
  const group = new Wid(attrs.from);
  await groupMetadata.find(group).catch(() => {});  // maybe not ours any more
  const author = attrs.participant && widOf(attrs.participant);
  for (const {tag, attrs: about, children: parts} of children) {
    const recipients = (parts ?? []).filter((part) => part.tag === 'participant').map((part) => {
      const [wid, other] = [widOf(part.attrs.jid), part.attrs.phone_number && widOf(part.attrs.phone_number)];
      if (other) meet({pn: String(other), lid: String(wid), name: ''});
      return wid;
    });
    const alone = recipients.length === 1 && String(recipients[0]) === String(author);
    store({
      id: new MsgKey({fromMe: false, remote: group, id: `${attrs.id}-${tag}`, participant: author}),
      type: 'gp2', subtype: tag === 'remove' && alone ? 'leave' : tag, author, from: group, to: meIn(group), recipients,
      body: tag === 'subject' ? about.subject : undefined, t: Number(attrs.t), isNewMsg: true,
    });
  }
}

async function changeMembers(what, id, wids) {
  const answer = await query('set', String(id), {
    tag: what, attrs: {}, children: wids.map((wid) => ({tag: 'participant', attrs: {jid: jidOf(wid)}})),
  });
  await groupMetadata.find(id);
  return answer.children.map(({attrs}) => ({userWid: widOf(attrs.jid), code: attrs.error ?? '200'}));
}

define('WAWebParticipantModel', (e) => { e.Participant = Participant; });
define('WAWebParticipantCollection', (e) => { e.default = ParticipantCollection; });
define('WAWebGroupMetadataModel', (e) => { e.GroupMetadata = GroupMetadata; });
define('WAWebGroupMetadataCollection', (e) => { e.default = groupMetadata; });
define('WAWebGroupCreateJob', (e) => {
  e.GroupAlreadyExistsError = class GroupAlreadyExistsError extends Error {};
  e.createGroup = async ({title}, members) => {
    const made = groupMetadata.take(await query('set', 'g.us', {
      tag: 'create', attrs: {subject: title},
      children: members.map(({phoneNumber}) => ({tag: 'participant', attrs: {jid: jidOf(phoneNumber)}})),
    }));
    return {wid: made.id, participants: members.map(({phoneNumber}) => ({wid: phoneNumber}))};
  };
});
define('WAWebGroupParticipantsJob', (e) => {
  const change = (what) => async (id, members) =>
      ({status: 200, participants: await changeMembers(what, id, members.map(({phoneNumber}) => phoneNumber))});
  Object.assign(e, {
    addGroupParticipants: change('add'), removeGroupParticipants: change('remove'),
    promoteGroupParticipants: change('promote'), demoteGroupParticipants: change('demote'),
  });
});
define('WAWebModifyParticipantsGroupAction', (e) => {
  const change = (what) => (chat, members) => changeMembers(what, chat.id, members.map((member) => member.id));
  Object.assign(e, {
    addParticipants: change('add'), removeParticipants: change('remove'),
    promoteParticipants: change('promote'), demoteParticipants: change('demote'),
    promoteCommunityParticipants: change('promote'), demoteCommunityParticipants: change('demote'),
  });
});
define('WAWebGroupExitJob', (e) => {
  e.sendExitGroup = async (chat) => {
    await query('set', 'g.us', {tag: 'leave', attrs: {}, children: [{tag: 'group', attrs: {id: String(chat.id)}}]});
    const members = chat.groupMetadata.participants;
    members._models = members.filter((member) => !isMe(member.id));
  };
});
define('WAWebGroupModifyInfoJob', (e) => {
  e.setGroupProperty = async () => {};
  e.setGroupSubject = (id, subject) => query('set', String(id), {tag: 'subject', attrs: {}, text: subject});
  e.setGroupDescription = (id, text, tag, previous) => query('set', String(id), {
    tag: 'description', attrs: previous ? {id: tag, prev: previous} : {id: tag}, children: [{tag: 'body', attrs: {}, text}],
  });
});
