// SPDX-License-Identifier: Apache-2.0
// What runs inside of the page: everything the engine knows of WhatsApp Web's own names is here.
//
// An expression: a function that takes `tell(event, data)`, the options, messaging.js and groups.js, and gives the
// object whose run(command, arguments) the engine calls. It runs before the page's scripts and before wa-js. Events carry the
// names that whatsapp-web.js has; those in lower case with a dot are between us and the engine.
(tell, options, messaging, groups) => {
  'use strict';
  let ready = false;
  let reason = null;  // of the logout that is under way

  // Without these nobody can log in; each with what it is needed for.
  const needed = {
    Socket: () => WPP.whatsapp.Socket,
    Stream: () => WPP.whatsapp.Stream,
    Conn: () => WPP.whatsapp.Conn,
    Cmd: () => WPP.whatsapp.Cmd,
    isAuthenticated: () => WPP.whatsapp.functions.isAuthenticated,
    isRegistered: () => WPP.whatsapp.functions.isRegistered,
    UserPrefs: () => WPP.whatsapp.UserPrefs,
    Base64: () => WPP.whatsapp.Base64,
    SignalStore: () => WPP.whatsapp.multidevice.waSignalStore,
    NoiseInfo: () => WPP.whatsapp.multidevice.waNoiseInfo,
    AdvSecret: () => WPP.whatsapp.multidevice.adv,
  };
  // Without these a part of what a session can do is missing.
  const useful = {
    BuildConstants: () => WPP.whatsapp.BuildConstants ?? WPP.conn.getBuildConstants(),
    LinkCode: () => WPP.whatsapp.functions.initializeAltDeviceLinking,
    LogoutReason: () => WPP.whatsapp.functions.getErrorCodeFromLogoutReason,
    MsgStore: () => WPP.whatsapp.MsgStore,
    ChatStore: () => WPP.whatsapp.ChatStore,
    ChatModel: () => WPP.whatsapp.ChatModel,
    MsgKey: () => WPP.whatsapp.MsgKey,
    Wid: () => WPP.whatsapp.Wid,
    WidFactory: () => WPP.whatsapp.WidFactory,
    FindChat: () => WPP.whatsapp.functions.findOrCreateLatestChat,
    SendMsg: () => WPP.whatsapp.functions.addAndSendMsgToChat,
    Ack: () => WPP.whatsapp.functions.ACK ?? WPP.whatsapp.enums?.ACK,
    Time: () => WPP.whatsapp.functions.unixTime,
    EphemeralFields: () => WPP.whatsapp.functions.getEphemeralFields,
  };

  function lost(parts) {
    return Object.keys(parts).filter((name) => {
      try {
        return !parts[name]();
      } catch {
        return true;
      }
    });
  }

  // Ids of people, chats and messages are objects; their text may lie anywhere.
  const text = (id) => (id === null || id === undefined ? '' : id._serialized ?? String(id));

  function me() {
    const attempt = (get) => {
      try {
        return text(get());
      } catch {
        return '';
      }
    };
    return {
      id: attempt(() => WPP.conn.getMyUserId()),
      lid: attempt(() => WPP.conn.getMyUserLid()),
      pushName: WPP.whatsapp.Conn.pushname ?? '',
      platform: WPP.whatsapp.Conn.platform ?? '',
    };
  }

  function version() {
    try {
      return WPP.conn.getBuildConstants().VERSION_STR;
    } catch {
      return window.Debug?.VERSION ?? '';
    }
  }

  // A model as plain data: functions and cycles are left out, ids become text beside their parts.
  function plain(value, depth = 0) {
    if (value === null || typeof value !== 'object') {
      return typeof value === 'function' || typeof value === 'symbol' ? undefined
          : typeof value === 'bigint' ? String(value) : value;
    }
    if (depth > 6) return undefined;
    if (Array.isArray(value)) return value.map((item) => plain(item, depth + 1) ?? null);
    if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) {
      const octets = new Uint8Array(value.buffer ?? value);
      return octets.length > 65536 ? undefined : btoa(String.fromCharCode(...octets));
    }
    const source = typeof value.serialize === 'function' ? value.serialize() : value;
    const out = {};
    for (const key of Object.keys(source)) {
      const item = plain(source[key], depth + 1);
      if (item !== undefined) out[key] = item;
    }
    if (value.remote !== undefined && value.fromMe !== undefined || value.server !== undefined) {
      out._serialized = text(value);
    }
    return out;
  }

  const messages = messaging(tell, {plain, text}, groups);

  // wa-js hears reactions, edits and revokes once it has looked for all that it knows of the page. A page that lacks
  // some of it never comes to that.
  let settled = false;
  let settling = null;
  function settle() {
    settled = true;
    check_ready();
  }

  function check_ready() {
    if (ready || !WPP.conn.isAuthenticated() || !WPP.whatsapp.Cmd.isMainLoaded ||
        WPP.whatsapp.Stream.mode !== 'MAIN') {
      return;
    }
    if (!settled) {
      settling ??= setTimeout(settle, 10000);
      return;
    }
    ready = true;
    try {
      WPP.whatsapp.MsgKey;  // wa-js repairs its text on the first look
    } catch {}
    tell('ready', me());
  }

  async function show_code() {
    const code = await WPP.conn.getAuthCode().catch(() => null);
    if (!code) return;
    let platform = '1';
    try {
      platform = window.importNamespace('WAWebCompanionRegClientUtils').DEVICE_PLATFORM ?? platform;
    } catch {}
    tell('qr', [code.ref, code.staticKeyPair, code.identityKeyPair, code.secretKey, platform].join(','));
  }

  // How the device names itself to the phone that links it.
  function rename() {
    if (!options.deviceName && !options.browserName) return;
    try {
      const utils = window.importNamespace('WAWebMiscBrowserUtils').default;
      const info = utils.info;
      utils.info = (...all) => {
        const own = info.apply(utils, all);
        return {...own, os: options.deviceName || own.os, name: options.browserName || own.name};
      };
    } catch (error) {
      tell('page.warning', `the device keeps its name: ${error}`);
    }
  }

  function watch_tags() {
    const tags = new Set(['receipt', 'presence', 'chatstate']);
    try {
      const id = WPP.loader.searchId((exports) => exports.decodeStanza && exports.encodeStanza);
      const wap = window.importNamespace(id);
      const decode = wap.decodeStanza;
      wap.decodeStanza = async (...all) => {
        const node = await decode(...all);
        if (tags.has(node?.tag)) tell(`tag:${node.tag}`, plain(node));
        return node;
      };
    } catch (error) {
      tell('page.warning', `tagsEventsOn has no effect: ${error}`);
    }
  }

  function watch_messages() {
    const store = WPP.whatsapp.MsgStore;
    store.on('add', (message) => {
      if (!message.isNewMsg) return;
      const data = plain(message);
      if (message.type === 'ciphertext') {
        tell('message_ciphertext', data);
        return;
      }
      tell('message_create', data);
      if (!message.id.fromMe) tell('message', data);
    });
    store.on('change:ack', (message, ack) => tell('message_ack', {message: plain(message), ack}));
    messages.watch();
  }

  function begin() {
    const missing = lost(needed);
    tell('page.loaded', {version: version(), missing, limited: lost(useful), wajs: WPP.version ?? ''});
    if (missing.length > 0) return;
    const {Socket, Stream, Conn, Cmd} = WPP.whatsapp;
    settled = WPP.isFullReady;
    if (!settled) WPP.loader.onFullReady(settle);
    rename();
    Conn.on('change:ref', show_code);
    show_code();
    Socket.on('change:state', (_, state) => {
      tell('change_state', state);
      if (state === 'UNPAIRED_IDLE') tell('page.idle');
    });
    Stream.on('change:mode', check_ready);
    Stream.on('change:info', (_, info) => tell('loading_screen', {percent: null, message: info}));
    WPP.on('conn.authenticated', () => tell('authenticated'));
    WPP.on('conn.main_loaded', check_ready);
    Conn.on('change:pushname', () => ready && tell('page.me', me()));
    WPP.on('conn.logout_reason', (why) => { reason = why; });
    Cmd.on('logout', () => {
      ready = false;
      tell('disconnected', reason ?? 'LOGOUT');
    });
    if (options.tagsEventsOn) watch_tags();
    try {
      watch_messages();
    } catch (error) {
      tell('page.warning', `messages are not seen: ${error}`);
    }
    tell('change_state', Socket.state);
    check_ready();
  }

  // After the scripts that follow this one, before anything of the page.
  setTimeout(() => {
    if (!window.WPP) {
      tell('page.broken', 'wa-js did not start');
      return;
    }
    let begun = false;
    const once = () => {
      if (begun) return;
      begun = true;
      try {
        begin();
      } catch (error) {
        tell('page.broken', String(error?.stack ?? error));
      }
    };
    WPP.loader.onInjected(once);
    // wa-js waits 20 s for the page's modules at most; a page that lacks some of them stops it before it tells.
    setTimeout(once, options.patienceMs ?? 25000);
  });

  const commands = {
    pairingCode: ({phone}) => WPP.conn.genLinkDeviceCodeForPhoneNumber(phone, true),
    refreshQr: () => WPP.conn.refreshQR(),
    logout: () => WPP.conn.logout(),
    operation: ({name, args}) => messages.run(name, args),
    state: () => ({WWebVersion: version(), state: WPP.whatsapp.Socket.state}),
  };
  return Object.freeze({run: async (command, args) => (await commands[command](args ?? {})) ?? null});
}
