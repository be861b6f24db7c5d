// SPDX-License-Identifier: Apache-2.0
// A WebSocket server of somebody else's making: ws_server.mjs [key.pem cert.pem]. Prints its port.
// The path says what it does; HTTP, too.
import { readFileSync } from "node:fs";
import { createServer as createPlain } from "node:http";
import { createServer as createTls } from "node:https";
import { WebSocketServer } from "ws";

const [key, cert] = process.argv.slice(2);
const octets = (size) => Buffer.from(Uint8Array.from({ length: size }, (_, i) => i % 251));
// /bytes/<size> with ranges, /code/<code>, /echo, /hang, /cut; else a page.
const page = (request, response) => {
  const [, what, argument] = request.url.split("/");
  if (what === "bytes") {
    const all = octets(Number(argument));
    const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "");
    if (range) {
      const [from, to] = [Number(range[1]), Number(range[2])];
      response.writeHead(206, { "content-range": `bytes ${from}-${to}/${all.length}` });
      response.end(all.subarray(from, to + 1));
    } else {
      response.end(all);
    }
  } else if (what === "code") {
    response.writeHead(Number(argument), { location: "/elsewhere", "x-empty": "" });
    response.end();
  } else if (what === "echo") {
    response.writeHead(200, {
      "x-method": request.method,
      "x-length": request.headers["content-length"] ?? "none",
      "x-seen": JSON.stringify(request.headers),
      "x-connection": String(request.socket.remotePort),
    });
    request.pipe(response);
  } else if (what === "cut") {
    response.writeHead(200, { "content-length": 1000 });
    response.write("some", () => request.socket.destroy());
  } else if (what !== "hang") {
    response.writeHead(200, { "content-type": "text/html" });
    response.end("<html>please log in</html>");
  }
};
const server = key
  ? createTls({ key: readFileSync(key), cert: readFileSync(cert) }, page)
  : createPlain(page);
const sockets = new WebSocketServer({
  noServer: true,
  autoPong: true,
  handleProtocols: (offered) => (offered.has("chat") ? "chat" : false),
});
let pings = 0;

const actions = {
  "/echo": (socket) => socket.on("message", (data, binary) => socket.send(data, { binary })),
  "/hello": (socket) => socket.send("hello"),
  "/fragments": (socket) => {
    socket.send("Hel", { fin: false });
    socket.ping("in between");
    socket.send("", { fin: false });
    socket.send("lo", { fin: true });
  },
  "/close": (socket) => socket.close(4001, "enough"),
  "/terminate": (socket) => socket.terminate(),
  "/big": (socket) => socket.send(Buffer.alloc(3 << 20, "x")),
  "/count": (socket) => {
    let octets = 0;
    socket.on("message", (data) => {
      octets += data.length;
      if (data.length < 10) socket.send(String(octets));
    });
  },
  "/flood": (socket) => {
    for (let i = 0; i < 2000; ++i) socket.send(Buffer.alloc(4096, i & 0xff));
    socket.send("done");
  },
  "/headers": (socket, request) => socket.send(JSON.stringify(request.headers)),
  "/pings": (socket) => socket.on("ping", () => socket.send(`ping ${++pings}`)),
};

server.on("upgrade", (request, socket, head) => {
  const action = actions[request.url];
  if (!action) {
    socket.end("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
    return;
  }
  sockets.handleUpgrade(request, socket, head, (ws) => action(ws, request));
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
