# shellcheck shell=sh disable=SC2154
# A listener that takes the notifications of a test over HTTP and writes down
# what they say, and a sendmail that does so. Source this after test-lib.sh.
# Names that end in _ are private to this file.

# listen_start: sets $base, the address, and $here, the folder of
#	heard	a line a request: "PATH: STATE EVENT: TEXT (COMMAND)" of a webhook,
#		"PATH: TEXT" of a chat, "PATH" of a ping
#	mail	the mails, one behind the other
# False where there is no python3.
listen_start () {
	here=$(cd .. && pwd) && : >"$here/heard" && : >"$here/mail" &&
	python3 -c 'import http.server' 2>/dev/null || return 1
	cat >"$here/listen.py" <<-\END
	import http.server, json, os, sys
	top = sys.argv[1]
	class Handler(http.server.BaseHTTPRequestHandler):
	    protocol_version = "HTTP/1.1"
	    def do_POST(self):
	        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
	        line = self.path.split("?")[0]
	        if not line.startswith("/ping"):
	            told = json.loads(body)
	            line += ": " + (told["text"].replace("\n", " (") + ")" * ("\n" in told["text"])
	                if len(told) == 1 else "%s %s: %s (%s)" % (
	                told["state"], told["event"], told["text"], told["command"]))
	        with open(top + "/heard", "a") as log:
	            print(line, file=log)
	        self.send_response(200)
	        self.send_header("Content-Length", "0")
	        self.end_headers()
	    def log_message(self, *args):
	        pass
	server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
	with open(top + "/port.new", "w") as port:
	    print(server.server_port, file=port)
	os.rename(top + "/port.new", top + "/port")
	server.serve_forever()
	END
	python3 "$here/listen.py" "$here" >/dev/null 2>&1 &
	listen_pid_=$!
	tries_=0
	until test -f "$here/port"
	do
		tries_=$((tries_ + 1))
		test $tries_ -lt 300 || return 1
		sleep 0.1
	done
	base=http://127.0.0.1:$(cat "$here/port")
	mkdir "$here/fake" && printf '#!/bin/sh\ncat >>%s/mail\n' "$here" >"$here/fake/sendmail" &&
	chmod +x "$here/fake/sendmail" && PATH=$here/fake:$PATH && export PATH
}

listen_stop () {
	kill "$listen_pid_"
	wait "$listen_pid_" 2>/dev/null || :
}
