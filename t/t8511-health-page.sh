#!/bin/sh

test_description='a page with the health of a vault: what is on it, and that it stays text'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-health.sh"

unset GIT_VAULT_TEST_TIME GIT_VAULT_TEST_TICK

test_have_prereq PYTHON || skip_all "there is no python3 to read pages with"

# page [OPTION…]: writes ../page.html, its text to ../text; there may be findings
page () {
	code_=0
	git vault health --html ../page.html "$@" >../out 2>../err || code_=$?
	test $code_ -le 1 || {
		cat ../out ../err
		return 1
	}
	python3 ../read.py ../page.html >../text
}

# forge NAME: a report of a run with that name, as somebody may have pushed it
forge () {
	python3 -c "
import json, sys, time
at = time.strftime(\"%Y-%m-%dT%H:%M:%SZ\", time.gmtime(time.time() - 60))
print(json.dumps({\"begin_time\": at, \"end_time\": at, \"kind\": \"verify\", \"job\": sys.argv[1], \"status\": \"failed\", \"environment\": sys.argv[1]}))
" "$1" >../report.json && blob=$(git hash-object -w ../report.json) && tree=$(printf "100644 blob %s\treport.json\n" "$blob" | git mktree) &&
	git update-ref "refs/vault/reports/run/$(date -u -d "1 minute ago" +%Y%m%dT%H%M%SZ)-00000009" "$(git commit-tree -m run "$tree")"
}

test_expect_success 'set up: a reader that refuses what a page must not have' '
	cat >../read.py <<-\EOF
	import base64, hashlib, html.parser, re, sys
	void = {"meta", "br", "use", "rect", "circle", "path", "line", "polyline", "polygon"}
	raw = open(sys.argv[1], encoding="utf-8").read()
	class Page(html.parser.HTMLParser):
	    open, text, policy, style, ids = [], [], None, "", set()
	    def handle_starttag(self, tag, attrs):
	        assert tag not in ("script", "img", "iframe", "form", "input", "button", "a", "link", "object", "base"), tag
	        for name, value in attrs:
	            assert not name.startswith("on") and name not in ("style", "src", "srcdoc", "action"), (tag, name)
	            assert name != "href" or re.fullmatch("#s[0-3]", value), value
	            if name == "id":
	                assert value not in self.ids, value
	                self.ids.add(value)
	        got = dict(attrs)
	        if got.get("http-equiv") == "Content-Security-Policy":
	            self.policy = got["content"]
	        if tag not in void:
	            self.open.append(tag)
	    def handle_endtag(self, tag):
	        if tag in void:
	            return
	        while self.open[-1] != tag:
	            assert self.open.pop() in ("th", "li"), (tag, self.open)
	        self.open.pop()
	    def handle_data(self, data):
	        if self.open and self.open[-1] == "style":
	            self.style += data
	        elif data.strip():
	            self.text.append(data.strip())
	page = Page()
	page.feed(raw)
	page.close()
	assert page.open == [], page.open
	assert "url(" not in page.style and "@import" not in page.style
	digest = base64.b64encode(hashlib.sha256(page.style.encode()).digest()).decode()
	assert page.policy == "default-src \x27none\x27; base-uri \x27none\x27; form-action \x27none\x27; style-src \x27sha256-%s\x27" % digest, page.policy
	assert not [c for c in raw if c < " " and c != "\n" or c in "\u202e\u2066\u200b"]
	print("\n".join(page.text))
	EOF
'

test_expect_success 'an empty repository: nothing is saved, and it says so' '
	git commit -q --allow-empty -m one && page && test_grep "^Nothing is saved$" ../text && test_grep "^there is no snapshot$" ../text &&
	test_grep "^no snapshot to verify$" ../text && test_grep "No run of the last 90 days" ../text && test_grep ! "never\|0 of 0" ../text &&
	test_grep "No environment is known here" ../text && test_grep "wrote ../page.html" ../err
'

test_expect_success 'each panel has what there is' '
	health_environments && health_runs && git vault -q restore latest --to ../back &&
	git vault -q good mark prod >../out 2>&1 && page &&
	for words in "1 key" "against staging" "valid" "^record [0-9]*$" "at most 1 h" "nightly" "every 1 d" "origin" "has all snapshots" "no receipt" "goal 99.9.*%" "goal 99.99.*%" "goal 95.*%" "goal 90.*%" \
		"none pending" "Added" "1 of 1" "2026\|20[0-9][0-9]-" "good-mark" "Space saved" "newest snapshot"; do
		test_grep "$words" ../text || return 1
	done && test_grep "data-l=.added.><div>0 bytes<" ../page.html
'

test_expect_success 'doctor --brief writes the same page, and the options that do not fit are refused' '
	git vault doctor --brief --html ../brief.html >../out 2>&1 && python3 ../read.py ../brief.html >../text2 &&
	test_grep "against staging" ../text2 &&
	chmod 600 ../page.html && page && test "$(stat -c %a ../page.html)" = 600 && chmod 664 ../page.html && page && test "$(stat -c %a ../page.html)" = 664 &&
	test_expect_code 129 git vault doctor --html ../x.html 2>../err && test_grep "add --brief" ../err &&
	test_expect_code 129 git vault doctor --brief --fix --html ../x.html 2>../err && test_path_is_missing ../x.html &&
	test_expect_code 128 git vault health --html ../back 2>../err && test_grep "../back" ../err &&
	test_might_fail git vault health --html - >../page.html 2>../err && python3 ../read.py ../page.html >../text2 && test_grep "against staging" ../text2 &&
	test_grep ! wrote ../err && test_expect_code 129 git vault health --json --html - >../out && test_grep "give --html a file" ../out &&
	git vault metrics --textfile - >../out && test_grep "^git_vault_snapshots" ../out && test_path_is_missing ./-
'

test_expect_success 'what an environment or a component lacks is in the headline' '
	later () {
		GIT_VAULT_TEST_TIME=$(($(date +%s) + 7200)) && export GIT_VAULT_TEST_TIME && "$@"
		status_=$? && unset GIT_VAULT_TEST_TIME && return $status_
	} &&
	printf "components:\n  orders: {type: command, run: [\"false\"], environment: prod}\n" >>.gitvault.yaml && git commit -qam more && git vault -q policy accept --yes &&
	later page && test_grep ! "Everything is recoverable" ../text && test_grep "^prod: the newest snapshot was taken$" ../text && test_grep "^, and the policy wants one every 1 h$" ../text &&
	test_grep "^the component orders was never dumped$" ../text && later git vault metrics >../metrics && test_grep "^git_vault_healthy{.*} 0$" ../metrics &&
	test_grep "^git_vault_component_last_dump_timestamp_seconds{.*component=\"orders\"} 0$" ../metrics
'

test_expect_success 'a scheduled snapshot that finds nothing new is as good as one' '
	git vault -q snapshot && later git vault schedule run nightly && later page && test_grep "^unchanged as of$" ../text && test_grep ! "^prod: the newest" ../text && later git vault metrics >../metrics &&
	test "$(sed -n "s/^git_vault_recovery_point_age_seconds{.*environment=\"prod\"} //p" ../metrics)" -lt 3600 && sed -i "/^components:/,\$d" .gitvault.yaml && git commit -qam less && git vault -q policy accept --yes
'

test_expect_success 'approvals that are waited for are on the cards' '
	test_grep ! "[0-9] pending\|Approvals pending for" ../text && sed -i "s/rpo: 1h/approvals: 1, rpo: 1h/" .gitvault.yaml && echo "delete: {approvals: 1}" >>.gitvault.yaml &&
	git commit -qam asks && git vault -q policy accept --yes && printf "db:\n  host: b\n" >config/prod.yaml && test_must_fail git vault rollback -y prod 2>../err &&
	git vault -q snapshot --force >../id && test_must_fail git vault delete "$(cat ../id)" 2>../err && test_grep "requires 1 approval" ../err && page && test_grep "^1 pending$" ../text &&
	test_grep "^none pending$" ../text && test_grep "Approvals pending for removals of snapshots: 1" ../text && git checkout -q config
'

test_expect_success 'names that are meant to break out stay text' '
	evil="<img src=x onerror=alert(1)>\"&" && git config user.name "<b>$evil" && forge "</style><script>alert(1)</script>$evil" &&
	mkdir "../$evil" && cp -R . "../$evil" && cd "../$evil" && git vault -q good mark prod >../out 2>&1 && page && cd ../trash &&
	test_grep -F "<img src=x onerror=alert(1)>\"" ../text
'

test_done
